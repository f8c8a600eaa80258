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
  const moving = jobs.filter(isMoving).toReversed();
  return [
    ...moving.filter((job) => job.status === "processing"),
    ...moving.filter((job) => job.status === "pending"),
  ].slice(0, ESTIMATES_MAX);
}

/** Milliseconds between two looks at the queue: while something moves, while all is still, without answers. */
const LOOK_MOVING_MS = 2_000;
const LOOK_STILL_MS = 10_000;
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
