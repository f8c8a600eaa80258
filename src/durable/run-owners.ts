import type { LiveRun } from "../domain/hub.ts";

/** Runs whose owner is remembered; beyond, it is asked for anew. */
const OWNERS_KEPT_MAX = 64;

type Run = Pick<LiveRun, "jobId" | "epoch">;

/**
 * Whose the running jobs are: from the news of their rows, or by one look at the row. What is asked again
 * while a look is under way waits for it, so that messages stay in order.
 */
export class RunOwners {
  readonly #look: (run: Run & { sessionId: string }) => Promise<string | null>;
  readonly #known = new Map<string, Promise<string | null>>();

  /** `look` answers null when that session does not hold that run; what it throws is not remembered. */
  constructor(look: (run: Run & { sessionId: string }) => Promise<string | null>) {
    this.#look = look;
  }

  /** The owner of a run that a session tells of; null when it does not hold it. */
  of(run: Run, sessionId: string): Promise<string | null> {
    const key = keyOf(run);
    const known = this.#known.get(key);
    if (known) return known;
    const asked = this.#look({ ...run, sessionId });
    this.#remember(key, asked);
    asked.catch(() => this.#known.delete(key));
    return asked;
  }

  /** A row's news: whose it is while it runs, or null once it does no more. */
  note(run: Run, ownerId: string | null): void {
    this.#remember(keyOf(run), Promise.resolve(ownerId));
  }

  #remember(key: string, owner: Promise<string | null>): void {
    if (this.#known.size >= OWNERS_KEPT_MAX) this.#known.clear();
    this.#known.set(key, owner);
  }
}

const keyOf = ({ jobId, epoch }: Run) => `${jobId}.${epoch}`;
