/** Up to so many runs are shown with their whole trace; more get a line each. */
const shownInFull = { scenarios: 2, runs: 8 }

export const areFewEnough = (scenarios: number, runs: number): boolean =>
  scenarios <= shownInFull.scenarios && runs <= shownInFull.runs
