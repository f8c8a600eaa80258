const FINISHED_MEMORY = 16;

/** Forge's memory of task ids (modules/progress.py), with its ghosts. */
export class TaskList {
  readonly #pending = new Set<string>();
  #finished: string[] = [];
  #current: string | null = null;

  /** Notes a request before it waits for the lock. */
  add(id: string): void {
    this.#pending.add(id);
  }

  /** Makes the id the active one. A failed task before it stops being active only here. */
  start(id: string): void {
    this.#current = id;
    this.#pending.delete(id);
  }

  /** Moves the id to the finished ones. Failed tasks never come here. */
  finish(id: string): void {
    if (this.#current === id) this.#current = null;
    this.#finished = [...this.#finished, id].slice(-FINISHED_MEMORY);
  }

  /** The ids that wait, in the order of arrival; the running one is not among them. */
  listPending(): string[] {
    return [...this.#pending];
  }

  /** What Forge says about an id. The missing id (null) is active on an idle Forge. */
  describe(id: string | null): { active: boolean; queued: boolean; completed: boolean } {
    return {
      active: id === this.#current,
      queued: id !== null && this.#pending.has(id),
      completed: id !== null && this.#finished.includes(id),
    };
  }
}
