/** Does a piece of work in its turn. Throws what that throws, and the signal's reason where it ends the wait. */
export type Turns = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Lets `limit` pieces of work go on at a time; the others wait, and begin in the order in which they came. */
export function createTurns(limit: number): Turns {
  let taken = 0;
  /** In the order of their coming. */
  const waiting = new Set<() => void>();
  const wait = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const begin = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(begin);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      waiting.add(begin);
    });
  const handOn = () => {
    const [next] = waiting;
    if (next === undefined) {
      taken -= 1;
      return;
    }
    waiting.delete(next);
    next();
  };
  return async (work, signal) => {
    if (taken < limit) taken += 1;
    else await wait(signal);
    try {
      return await work();
    } finally {
      handOn();
    }
  };
}
