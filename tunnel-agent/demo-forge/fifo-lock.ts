/** One generation at a time, in the order of arrival. */
export class FifoLock {
  #tail: Promise<void> = Promise.resolve();

  /** Runs the work when everything that came before has left the lock. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#tail;
    let release: () => void = () => undefined;
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      return await work();
    } finally {
      release();
    }
  }
}
