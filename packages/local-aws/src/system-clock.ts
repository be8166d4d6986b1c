/** The real clock and randomness, for those who start the stand-in without their own. */
export const systemClock = { now: () => Date.now(), random: () => Math.random() }
