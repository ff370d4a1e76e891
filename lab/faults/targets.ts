import { z } from 'zod'
import { address } from '../scenario/values.ts'

/** Which servers a fault acts on: one address, several, a whole family, or all. */
export const serverTargets = z
  .union([address, z.enum(['all', 'ipv4', 'ipv6']), z.array(address).min(1)], {
    error: 'expected a server address such as 127.0.0.1, a list of them, `ipv4`, `ipv6` or `all`',
  })
  .transform((given) => (Array.isArray(given) ? given : [given]))

/** True for the steps in which a verdict may rest on a race; false if the next step waits. */
export const atOnce = z
  .literal(true)
  .optional()
  .describe('Do not wait until the client has seen its connections close: ask for the race.')

/** A fault that need not be met, e.g. a standby server that dies unnoticed. */
export const mayMiss = z.literal(true).optional().describe('The verdict holds even if nothing met this fault.')
