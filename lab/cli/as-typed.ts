/** In a checkout `failover-lab` is no command that a shell finds: what people are told to type is then what npm knows. */
export const asTyped = (text: string, env: NodeJS.ProcessEnv): string =>
  env.npm_lifecycle_event === 'lab' || env.npm_lifecycle_event === 'scenario'
    ? text.replaceAll('`failover-lab ', '`npm run lab -- ')
    : text
