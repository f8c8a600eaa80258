import { setTimeout as wait } from "node:timers/promises";

/** The time a demo Forge lives in. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for a duration in ms as a real Forge would take it; rejects when the Forge ends. */
  sleep(durationMs: number): Promise<void>;
}

/** The machine's clock with every duration multiplied by `timeScale`: 0.1 is ten times faster. */
export function createClock(timeScale: number, ended: AbortSignal): Clock {
  return {
    now: () => Date.now(),
    sleep: async (durationMs) => {
      try {
        await wait(durationMs * timeScale, undefined, { signal: ended });
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
