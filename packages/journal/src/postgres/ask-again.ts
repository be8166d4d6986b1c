import { lostToAnother } from './errors.ts'

/** Each lost attempt means that another transaction got on; with many rivals at once one may lose often. */
const ATTEMPTS_MAX = 50

/** Asks a statement again for as long as it has lost against another. */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!lostToAnother(error) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}
