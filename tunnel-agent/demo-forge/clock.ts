import { setTimeout as wait } from "node:timers/promises";

/** The time a demo Forge lives in. */
export interface Clock {
  /** Milliseconds since 1970, in fractions; never goes back. */
  now(): number;
  /** Waits for a duration in ms as a real Forge would take it; rejects when the Forge ends. */
  sleep(durationMs: number): Promise<void>;
}

/** Waits for a duration in ms, and rejects when the signal is aborted. */
export type Sleep = (durationMs: number, signal: AbortSignal) => Promise<void>;

const sleepByMachine: Sleep = (durationMs, signal) => wait(durationMs, undefined, { signal });

/**
 * The machine's clock with every duration multiplied by `timeScale`: 0.1 is ten times faster. `sleep` lets
 * somebody else say when a duration is over.
 */
export function createClock(
  timeScale: number,
  ended: AbortSignal,
  sleep: Sleep = sleepByMachine,
): Clock {
  return {
    now: () => performance.timeOrigin + performance.now(),
    sleep: async (durationMs) => {
      try {
        await sleep(durationMs * timeScale, ended);
      } catch (cause) {
        throw new ForgeEnded(cause);
      }
    },
  };
}

/** Ends jobs that were running when the demo Forge was stopped or crashed. */
export class ForgeEnded extends Error {
  constructor(cause?: unknown) {
    super("The demo Forge has ended", { cause });
  }
}
