/** The time that signatures are made at: the SDK takes it from the machine too, and corrects it by what services say. */
export const systemClock = { nowMs: () => Date.now() }
