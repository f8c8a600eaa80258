import type { LiveRun } from "../domain/hub.ts";

/** Jobs whose owner is remembered; beyond, rows are read anew. */
const OWNERS_KEPT_MAX = 64;

type Run = Pick<LiveRun, "jobId" | "epoch">;
type ReadOwner = (run: Run & { readonly sessionId: string }) => Promise<string | null>;

interface Known {
  readonly epoch: number;
  readonly owner: Promise<string | null>;
  /** Nothing is heard any more of this epoch, whatever late news say. */
  readonly isOver: boolean;
}

/**
 * Whose the running jobs are: from the news of their rows, or by one look at the row. What is asked again
 * while a look is under way waits for it, so that messages stay in order.
 */
export class RunOwners {
  readonly #read: ReadOwner;
  readonly #known = new Map<string, Known>();

  /** `read` answers null when that session does not hold that run; what it throws is not remembered. */
  constructor(read: ReadOwner) {
    this.#read = read;
  }

  /** The owner of a run that a session tells of; null when it does not hold it, or not any more. */
  of(run: Run, sessionId: string): Promise<string | null> {
    const { jobId, epoch } = run;
    const known = this.#known.get(jobId);
    if (known?.epoch === epoch) return known.owner;
    if (known && known.epoch > epoch) return Promise.resolve(null);
    const owner = this.#read({ jobId, epoch, sessionId });
    this.#remember(jobId, { epoch, owner, isOver: false });
    owner.catch(() => this.#known.delete(jobId));
    return owner;
  }

  /** A row's news: the job runs under this epoch, and whose it is. */
  runs({ jobId, epoch }: Run, ownerId: string): void {
    const known = this.#known.get(jobId);
    if (known && (known.epoch > epoch || (known.epoch === epoch && known.isOver))) return;
    this.#remember(jobId, { epoch, owner: Promise.resolve(ownerId), isOver: false });
  }

  /** A row's news: under this epoch, and every one before, the job runs no more. */
  isOver({ jobId, epoch }: Run): void {
    if ((this.#known.get(jobId)?.epoch ?? 0) > epoch) return;
    this.#remember(jobId, { epoch, owner: Promise.resolve(null), isOver: true });
  }

  #remember(jobId: string, known: Known): void {
    if (this.#known.size >= OWNERS_KEPT_MAX) this.#known.clear();
    this.#known.set(jobId, known);
  }
}
