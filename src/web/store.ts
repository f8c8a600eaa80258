import type { JobList, JobStatusView, JobView, ServerView } from "@mobilesd/contract";

/** What the page knows of the queue, and since when. */
export interface QueueState {
  readonly jobs: readonly JobView[];
  readonly total: number;
  readonly isTotalMinimum: boolean;
  readonly hasMore: boolean;
  /** Position and estimates of the jobs that still move, by id. */
  readonly estimates: ReadonlyMap<string, JobStatusView>;
  readonly servers: readonly ServerView[];
  /** When the queue last answered; null before the first time. */
  readonly knownAt: number | null;
  /** Whether the last question was answered: else what is shown is old. */
  readonly isConnected: boolean;
}

export const EMPTY_STATE: QueueState = {
  jobs: [],
  total: 0,
  isTotalMinimum: false,
  hasMore: false,
  estimates: new Map(),
  servers: [],
  knownAt: null,
  isConnected: true,
};

/** The state after the queue answered. */
export function withAnswer(
  answer: { list: JobList; estimates: readonly JobStatusView[]; servers: readonly ServerView[] },
  now: number,
): QueueState {
  const { list, estimates, servers } = answer;
  return {
    jobs: list.jobs,
    total: list.total,
    isTotalMinimum: list.total_is_minimum === true,
    hasMore: list.next_cursor !== null,
    estimates: new Map(estimates.map((status) => [status.mobilesd_job_id, status])),
    servers,
    knownAt: now,
    isConnected: true,
  };
}

const isMoving = (job: Pick<JobView, "status">) =>
  job.status === "pending" || job.status === "processing";

/** Estimates asked for at each look: those that move soonest; the others only wait. */
const ESTIMATES_MAX = 6;

/** The jobs whose place is worth asking for: running ones, and the oldest that wait. */
export function jobsToEstimate(jobs: readonly JobView[]): readonly JobView[] {
  return inRunningOrder(jobs.filter(isMoving), new Map()).slice(0, ESTIMATES_MAX);
}

/** Running ones first, then by their place in the queue; where it is not known, the oldest first. */
function inRunningOrder(
  moving: readonly JobView[],
  estimates: ReadonlyMap<string, JobStatusView>,
): readonly JobView[] {
  const place = (job: JobView) =>
    job.status === "processing"
      ? 0
      : (estimates.get(job.mobilesd_job_id)?.queue_position ?? Number.MAX_SAFE_INTEGER);
  // The queue lists the newest first, and a sort leaves equals as they are.
  return moving.toReversed().toSorted((a, b) => place(a) - place(b));
}

/** The jobs as they are shown: what still moves, next one first, and what is over, newest first. */
export function splitJobs({ jobs, estimates }: Pick<QueueState, "jobs" | "estimates">) {
  return {
    moving: inRunningOrder(jobs.filter(isMoving), estimates),
    finished: jobs.filter((job) => !isMoving(job)),
  };
}

/** Milliseconds between two looks at the queue: while something moves, while all is still, without answers. */
const LOOK_MOVING_MS = 2_000;
const LOOK_STILL_MS = 5_000;
const LOOK_LOST_MS = 4_000;

/** How long to wait before the next look. */
export function nextLookMs(state: QueueState): number {
  if (!state.isConnected) return LOOK_LOST_MS;
  return state.jobs.some(isMoving) ? LOOK_MOVING_MS : LOOK_STILL_MS;
}

/** The jobs that were not done before and are now: worth telling to those who do not see them. */
export function newlyDone(before: QueueState, after: QueueState): readonly JobView[] {
  if (before.knownAt === null) return [];
  const wasMoving = new Set(before.jobs.filter(isMoving).map((job) => job.mobilesd_job_id));
  return after.jobs.filter(
    (job) => job.status === "completed" && wasMoving.has(job.mobilesd_job_id),
  );
}
