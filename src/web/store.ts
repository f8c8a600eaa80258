import type { JobList, JobView, ListedJob, ServerView } from "@mobilesd/contract";
import { attemptOf, type LiveRun } from "./live-run.ts";

/** What the page knows of the queue, and since when. Times are milliseconds since the epoch. */
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
  /** What was heard of running jobs over sockets, by job. */
  readonly runs: ReadonlyMap<string, LiveRun>;
  /** When an event last told of a job: an answer to an older question must not undo it. */
  readonly toldAt: ReadonlyMap<string, number>;
  /** When the queue last answered, and when it last told what is over; null before the first time. */
  readonly knownAt: number | null;
  readonly finishedKnownAt: number | null;
  /** Since when the queue is out of reach; null while it is not. */
  readonly lostAt: number | null;
}

export const EMPTY_STATE: QueueState = {
  moving: [],
  movingTotal: 0,
  finished: [],
  finishedTotal: 0,
  isFinishedTotalMinimum: false,
  hasMore: false,
  servers: [],
  runs: new Map(),
  toldAt: new Map(),
  knownAt: null,
  finishedKnownAt: null,
  lostAt: null,
};

const idsOf = (jobs: readonly JobView[]) => new Set(jobs.map((job) => job.mobilesd_job_id));

/** Whether a job is still to come or running. */
export const isMoving = ({ status }: Pick<JobView, "status">) =>
  status === "pending" || status === "processing";

/** A job that is on the page, wherever it stands. */
export const knownJob = (state: QueueState, id: string): ListedJob | undefined =>
  [...state.moving, ...state.finished].find((job) => job.mobilesd_job_id === id);

/** Running ones first, then by their place in the queue; where two have the same, the oldest first. */
export function inRunningOrder(oldestFirst: readonly ListedJob[]): readonly ListedJob[] {
  const place = (job: ListedJob) =>
    job.status === "processing" ? 0 : (job.queue_position ?? Number.MAX_SAFE_INTEGER);
  // A sort leaves equals as they are.
  return oldestFirst.toSorted((a, b) => place(a) - place(b));
}

/** Puts a job among those that are over, the newest first. */
export function withFinished(finished: readonly JobView[], job: JobView): readonly JobView[] {
  const others = finished.filter((one) => one.mobilesd_job_id !== job.mobilesd_job_id);
  const at = others.findIndex((one) => one.creation_timestamp < job.creation_timestamp);
  return at < 0 ? [...others, job] : others.toSpliced(at, 0, job);
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

/** Jobs of an answer, where an event told newer things of one: as that said. */
function withoutOldNews(
  before: QueueState,
  jobs: readonly ListedJob[],
  askedAt: number,
): readonly ListedJob[] {
  return jobs.flatMap((job) => {
    const toldAt = before.toldAt.get(job.mobilesd_job_id);
    if (toldAt === undefined || toldAt < askedAt) return [job];
    const told = knownJob(before, job.mobilesd_job_id);
    // What was told of and is not there any more is deleted.
    if (!told) return [];
    return [told.last_updated_timestamp < job.last_updated_timestamp ? job : { ...job, ...told }];
  });
}

/** What was heard of the runs that an answer shows to go on. */
function runsAfter(before: QueueState, moving: readonly ListedJob[]): QueueState["runs"] {
  const kept = moving.flatMap((job) => {
    const id = job.mobilesd_job_id;
    const run = before.runs.get(id);
    const known = knownJob(before, id);
    const isSameRun = known !== undefined && attemptOf(known) === attemptOf(job);
    return run && job.status === "processing" && isSameRun ? [[id, run] as const] : [];
  });
  return new Map(kept);
}

/**
 * The state after the queue answered a question of `askedAt`; `finished` undefined where it was not asked for.
 * What events told since then stays.
 */
export function withAnswer(
  before: QueueState,
  answer: {
    open: JobList;
    finished: JobList | undefined;
    servers: readonly ServerView[];
  },
  askedAt: number,
  now: number,
): QueueState {
  const { open, servers } = answer;
  const isNewer = (job: JobView) =>
    (before.toldAt.get(job.mobilesd_job_id) ?? Number.NEGATIVE_INFINITY) >= askedAt;
  const over = answer.finished && {
    finished: before.finished
      .filter(isNewer)
      .reduce(withFinished, withoutOldNews(before, answer.finished.jobs, askedAt)),
    finishedTotal: answer.finished.total,
    isFinishedTotalMinimum: answer.finished.total_is_minimum === true,
    hasMore: answer.finished.next_cursor !== null,
    finishedKnownAt: now,
  };
  // A job may have ended between the two questions.
  const ended = idsOf(over?.finished ?? before.finished);
  const listed = withoutOldNews(before, open.jobs, askedAt);
  const listedIds = idsOf(listed);
  const cameSince = before.moving.filter(
    (job) => isNewer(job) && !listedIds.has(job.mobilesd_job_id),
  );
  const moving = inRunningOrder(
    [...listed, ...cameSince].filter((job) => isMoving(job) && !ended.has(job.mobilesd_job_id)),
  );
  return {
    ...before,
    ...over,
    moving,
    movingTotal: open.total,
    servers,
    runs: runsAfter(before, moving),
    toldAt: new Map([...before.toldAt].filter(([, at]) => at >= askedAt)),
    knownAt: now,
    lostAt: null,
  };
}

/** The jobs that were not done before and are now: worth telling to those who do not see them. */
export function newlyDone(before: QueueState, after: QueueState): readonly JobView[] {
  if (before.knownAt === null) return [];
  const wasMoving = idsOf(before.moving);
  return after.finished.filter(
    (job) => job.status === "completed" && wasMoving.has(job.mobilesd_job_id),
  );
}
