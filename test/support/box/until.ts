/** Asks again every so many milliseconds. */
const ASK_EVERY_MS = 20;

/**
 * Waits until `look` answers something other than undefined, null or false, and gives that back.
 * Throws with `what` and the last error when the limit is over.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  limitMs = 20_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) {
        return found as NonNullable<Exclude<T, false>>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new Error(`Waited ${limitMs} ms in vain until ${what}`, { cause: last });
}
