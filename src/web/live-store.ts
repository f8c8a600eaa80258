import type {
  CancelAnswer,
  JobEvent,
  LiveEvent,
  ProgressEvent,
  ServerMode,
  ServerView,
} from "@mobilesd/contract";
import { withPreview, withProgress } from "./live-run.ts";
import { inRunningOrder, isMoving, knownJob, type QueueState, withFinished } from "./store.ts";

const without = <V>(map: ReadonlyMap<string, V>, id: string): ReadonlyMap<string, V> =>
  new Map([...map].filter(([key]) => key !== id));

/** Whether an event tells of a row as it was before what is known of it. */
function isOldNews(state: QueueState, event: JobEvent): boolean {
  const [epoch] = event.sequence;
  const run = state.runs.get(event.mobilesd_job_id);
  if (run && epoch < run.epoch) return true;
  const known = knownJob(state, event.mobilesd_job_id);
  if (!known || !event.job) return false;
  // The hub's own count may begin anew within an epoch; the row's time never does.
  if (event.job.last_updated_timestamp < known.last_updated_timestamp) return true;
  return !isMoving(known) && isMoving(event.job);
}

type Status = JobEvent["status"] | undefined;

/** Both counts after a job's status changed; null and undefined: the job is nowhere. */
function countsAfter(
  before: QueueState,
  from: Status,
  to: Status,
): Pick<QueueState, "movingTotal" | "finishedTotal"> {
  const isHere = (status: Status, isOfMoving: boolean) =>
    Number(status && isMoving({ status }) === isOfMoving) || 0;
  const change = (isOfMoving: boolean) => isHere(to, isOfMoving) - isHere(from, isOfMoving);
  return {
    movingTotal: Math.max(0, before.movingTotal + change(true)),
    finishedTotal: Math.max(0, before.finishedTotal + change(false)),
  };
}

/** The state after a row changed. A job that still waits keeps its place until the queue tells a newer one. */
function withJob(before: QueueState, event: JobEvent, now: number): QueueState {
  if (isOldNews(before, event)) return before;
  const { mobilesd_job_id: id, job } = event;
  const known = knownJob(before, id);
  const others = before.moving.filter((one) => one.mobilesd_job_id !== id);
  const run = before.runs.get(id);
  const isRunOver = job?.status !== "processing" || (run && run.epoch < event.sequence[0]);
  const after = {
    ...before,
    ...countsAfter(before, known?.status, job?.status),
    runs: run && isRunOver ? without(before.runs, id) : before.runs,
    toldAt: new Map(before.toldAt).set(id, now),
  };
  if (job === null) {
    const finished = before.finished.filter((one) => one.mobilesd_job_id !== id);
    return { ...after, moving: others, finished };
  }
  if (!isMoving(job)) {
    return { ...after, moving: others, finished: withFinished(before.finished, job) };
  }
  const isKnown = others.length < before.moving.length;
  const redrawn = known?.status === job.status ? { ...known, ...job } : job;
  const moving = isKnown
    ? before.moving.map((one) => (one.mobilesd_job_id === id ? redrawn : one))
    : [...others, redrawn];
  return { ...after, moving: inRunningOrder(moving) };
}

/** The state with one server changed. */
function withServer(
  before: QueueState,
  alias: string,
  changes: { is_present?: boolean; mode: ServerMode },
): QueueState {
  const servers = before.servers.map((server) =>
    server.alias === alias ? { ...server, ...changes } : server,
  );
  return { ...before, servers };
}

/** A server with the progress of its job, if that is the one that was told of. */
function withCurrent(server: ServerView, event: ProgressEvent): ServerView {
  const { mobilesd_job_id, progress, estimated_completion_time } = event;
  if (server.current_job?.mobilesd_job_id !== mobilesd_job_id) return server;
  return { ...server, current_job: { mobilesd_job_id, progress, estimated_completion_time } };
}

/** The state after an event; the same object where it told nothing new. */
export function withEvent(before: QueueState, event: LiveEvent, now: number): QueueState {
  if (event.type === "job") return withJob(before, event, now);
  if (event.type === "server") {
    const { is_present, mode } = event;
    return withServer(before, event.server_alias, { is_present, mode });
  }
  if (event.type === "gap") return before;
  const id = event.mobilesd_job_id;
  const known = knownJob(before, id);
  if (!known || !isMoving(known)) return before;
  const run = before.runs.get(id);
  const after = event.type === "progress" ? withProgress(run, event) : withPreview(run, event);
  if (after === undefined || after === run) return before;
  const runs = new Map(before.runs).set(id, after);
  if (event.type === "preview") return { ...before, runs };
  return { ...before, runs, servers: before.servers.map((server) => withCurrent(server, event)) };
}

/** What must be asked anew after an event: everything, the line with its places, or nothing. */
export function lookAfter(
  before: QueueState,
  after: QueueState,
  event: LiveEvent,
): "whole" | "line" | null {
  if (event.type === "gap") return "whole";
  if (event.type === "server") return "line";
  if (event.type === "job") return lineOf(before) === lineOf(after) ? null : "line";
  // Something runs that is not known to run: a word was missed.
  const known = knownJob(after, event.mobilesd_job_id);
  return known === undefined || known.status === "pending" ? "line" : null;
}

/** By what two lines differ for those who stand in them. */
const lineOf = (state: QueueState) =>
  state.moving
    .map((job) => `${job.mobilesd_job_id} ${job.status} ${job.status_reason}`)
    .sort()
    .join("\n");

/** The state after something that is known of a job without an event. */
function withWord(before: QueueState, id: string, job: JobEvent["job"], now: number): QueueState {
  const sequence: JobEvent["sequence"] = [before.runs.get(id)?.epoch ?? 0, 0];
  const status = job?.status ?? null;
  return withJob(
    before,
    { type: "job", id: "", mobilesd_job_id: id, sequence, status, progress: 0, job },
    now,
  );
}

/**
 * The state with a job as the queue answered to a wish to cancel it; `status` null while that is asked. A job
 * that is over meanwhile stays as it is.
 */
export function withCancel(
  before: QueueState,
  id: string,
  answer: { status: CancelAnswer["status"] | null; status_reason: CancelAnswer["status_reason"] },
  now: number,
): QueueState {
  const job = knownJob(before, id);
  if (!job || !isMoving(job)) return before;
  const { status_reason } = answer;
  return withWord(before, id, { ...job, status: answer.status ?? job.status, status_reason }, now);
}

/** The state after a job was deleted. */
export const withoutJob = (before: QueueState, id: string, now: number): QueueState =>
  withWord(before, id, null, now);

/** The state after the queue answered that a server has another mode. */
export const withMode = (before: QueueState, alias: string, mode: ServerMode): QueueState =>
  withServer(before, alias, { mode });

/** The state of a page that reached nobody; since the first time, where that lasts. */
export const withLoss = (before: QueueState, now: number): QueueState => ({
  ...before,
  lostAt: before.lostAt ?? now,
});

/** The state of a page whose socket broke: until then it knew everything. */
export const withBreak = (before: QueueState, now: number): QueueState =>
  withLoss({ ...before, knownAt: before.knownAt && now }, now);

/** The state of a page whose socket stands again. */
export const withContact = (before: QueueState): QueueState =>
  before.lostAt === null ? before : { ...before, lostAt: null };
