/** For whom a look at the server's row is. */
export interface RowWish {
  /** Whether the agent is told its orders again. */
  readonly isForAgent: boolean;
  /** Who of those that watch hears how the server is: one of them, or all. */
  readonly watchers: WebSocket | "all";
  /** A session that just came: it counts, should the rows not answer. */
  readonly newest?: string;
}

/**
 * Looks at a row, one look at a time. Whoever asks while a look is under way is served by the next, which
 * began after they asked: so what is told last is never older than what was told before.
 */
export class RowLooks {
  readonly #look: (wishes: readonly RowWish[]) => Promise<void>;
  #waiting: RowWish[] = [];
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** `look` must not throw: it serves all wishes at once. */
  constructor(look: (wishes: readonly RowWish[]) => Promise<void>) {
    this.#look = look;
  }

  /** Ends once what was asked for is told. */
  ask(wish: RowWish): Promise<void> {
    this.#waiting.push(wish);
    this.#next ??= this.#current.then(() => {
      const wishes = this.#waiting;
      this.#waiting = [];
      this.#next = null;
      this.#current = this.#look(wishes);
      return this.#current;
    });
    return this.#next;
  }
}
