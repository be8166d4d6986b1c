export { asWriter, givenUp, heldLane } from './as-writer.ts'
export {
  apisSignedIn,
  batches,
  batchesEverInserted,
  isDrained,
  isTaken,
  lanes,
  letters,
  progress,
  totals,
} from './contents.ts'
export { hide, insertNothing, lockHeads, signInReaderOf, writersAsCountedBefore } from './disturb.ts'
export { age, damage, elapse, empty, forgetDelivery, rewind, setFormat, untouchedSince } from './rewrite.ts'
