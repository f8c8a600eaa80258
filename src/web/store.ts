import type { JobList, JobView, ListedJob, ServerView } from "@mobilesd/contract";

/** What the page knows of the queue, and since when. */
export interface QueueState {
  /** The jobs that are still to come or running, with their places, the next one first. */
  readonly moving: readonly ListedJob[];
  readonly movingTotal: number;
  /** The jobs that are over, the newest first. */
  readonly finished: readonly JobView[];
  readonly finishedTotal: number;
  readonly isFinishedTotalMinimum: boolean;
  readonly hasMore: boolean;
  readonly servers: readonly ServerView[];
  /** When the queue last answered, and when it last told what is over; null before the first time. */
  readonly knownAt: number | null;
  readonly finishedKnownAt: number | null;
  /** Whether the last question was answered: else what is shown is old. */
  readonly isConnected: boolean;
}

export const EMPTY_STATE: QueueState = {
  moving: [],
  movingTotal: 0,
  finished: [],
  finishedTotal: 0,
  isFinishedTotalMinimum: false,
  hasMore: false,
  servers: [],
  knownAt: null,
  finishedKnownAt: null,
  isConnected: true,
};

const idsOf = (jobs: readonly JobView[]) => new Set(jobs.map((job) => job.mobilesd_job_id));

/** Running ones first, then by their place in the queue; where two have the same, the oldest first. */
function inRunningOrder(oldestFirst: readonly ListedJob[]): readonly ListedJob[] {
  const place = (job: ListedJob) =>
    job.status === "processing" ? 0 : (job.queue_position ?? Number.MAX_SAFE_INTEGER);
  // A sort leaves equals as they are.
  return oldestFirst.toSorted((a, b) => place(a) - place(b));
}

/** Milliseconds after which what is over is asked for anew, though nothing was seen to end. */
const FINISHED_KNOWN_FOR_MS = 60_000;

/**
 * Whether it is worth asking anew what is over: an open job has ended, the newest one that is over is another,
 * as after a job that came and went between two looks, or it was long ago.
 */
export function isFinishedStale(
  before: QueueState,
  open: JobList,
  newestFinished: JobView | undefined,
  now: number,
): boolean {
  if (before.finishedKnownAt === null) return true;
  if (now - before.finishedKnownAt >= FINISHED_KNOWN_FOR_MS) return true;
  if (newestFinished?.mobilesd_job_id !== before.finished[0]?.mobilesd_job_id) return true;
  const stillOpen = idsOf(open.jobs);
  return before.moving.some((job) => !stillOpen.has(job.mobilesd_job_id));
}

/** The state after the queue answered; `finished` undefined where it was not asked for. */
export function withAnswer(
  before: QueueState,
  answer: {
    open: JobList;
    finished: JobList | undefined;
    servers: readonly ServerView[];
  },
  now: number,
): QueueState {
  const { open, finished, servers } = answer;
  const over = finished && {
    finished: finished.jobs,
    finishedTotal: finished.total,
    isFinishedTotalMinimum: finished.total_is_minimum === true,
    hasMore: finished.next_cursor !== null,
    finishedKnownAt: now,
  };
  // A job may have ended between the two questions.
  const ended = idsOf(over?.finished ?? before.finished);
  return {
    ...before,
    ...over,
    moving: inRunningOrder(open.jobs.filter((job) => !ended.has(job.mobilesd_job_id))),
    movingTotal: open.total,
    servers,
    knownAt: now,
    isConnected: true,
  };
}

/** Milliseconds between two looks at the queue: while something moves, while all is still, without answers. */
const LOOK_MOVING_MS = 2_000;
const LOOK_STILL_MS = 5_000;
const LOOK_LOST_MS = 4_000;

/** How long to wait before the next look. */
export function nextLookMs(state: QueueState): number {
  if (!state.isConnected) return LOOK_LOST_MS;
  return state.moving.length > 0 ? LOOK_MOVING_MS : LOOK_STILL_MS;
}

/** The jobs that were not done before and are now: worth telling to those who do not see them. */
export function newlyDone(before: QueueState, after: QueueState): readonly JobView[] {
  if (before.knownAt === null) return [];
  const wasMoving = idsOf(before.moving);
  return after.finished.filter(
    (job) => job.status === "completed" && wasMoving.has(job.mobilesd_job_id),
  );
}
