import { setImmediate as nextTurn } from "node:timers/promises";
import type { Witness } from "./forge/watch.ts";

/** Polls by which each poller sees a state, with time to act upon it. */
const POLLS_IN_A_STATE = 6;

/**
 * Time that passes by polls: a duration is over when each poller has looked several times. So every
 * state of a watched demo Forge is seen, however busy the machine is. While nobody polls, time does not
 * count.
 */
export class PollGate implements Witness {
  readonly #polls = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  begins(poller: string): void {
    this.#polls.set(poller, 0);
  }

  polled(poller: string): void {
    this.#polls.set(poller, (this.#polls.get(poller) ?? 0) + 1);
    this.#wake();
  }

  ends(poller: string): void {
    this.#polls.delete(poller);
    this.#wake();
  }

  /** Waits until each poller of this moment has polled a few times more, or polls no more. */
  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (durationMs === 0) return;
    const goals = [...this.#polls].map(([poller, polls]) => ({
      poller,
      polls: polls + POLLS_IN_A_STATE,
    }));
    const isLate = () =>
      goals.some(({ poller, polls }) => (this.#polls.get(poller) ?? polls) < polls);
    signal.throwIfAborted();
    await nextTurn();
    while (isLate()) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
      signal.throwIfAborted();
    }
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
