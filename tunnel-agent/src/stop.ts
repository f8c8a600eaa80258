/** Milliseconds that a forced stop still has to tell the queue that its job is given back. */
const GIVE_UP_AFTER_MS = 5_000;

/** The three degrees of a stop. Each implies the ones before it. */
export interface Stop {
  /** Take no new job; let the running one end. */
  readonly drain: AbortSignal;
  /** Interrupt the running job and give it back. */
  readonly now: AbortSignal;
  /** Leave everything as it is. */
  readonly giveUp: AbortSignal;
  /** Lets the running job end, but not longer than the limit. Repeated, it does nothing. */
  stopGracefully(limitMs: number): void;
  /** Gives the running job back at once. Repeated, it does nothing. */
  stopNow(): void;
}

export function createStop(): Stop {
  const drain = new AbortController();
  const now = new AbortController();
  const giveUp = new AbortController();
  const stopNow = () => {
    if (now.signal.aborted) return;
    drain.abort();
    now.abort();
    setTimeout(() => giveUp.abort(), GIVE_UP_AFTER_MS).unref();
  };
  return {
    drain: drain.signal,
    now: now.signal,
    giveUp: giveUp.signal,
    stopGracefully(limitMs) {
      if (drain.signal.aborted) return;
      drain.abort();
      setTimeout(stopNow, limitMs).unref();
    },
    stopNow,
  };
}
