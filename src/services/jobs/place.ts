import { isPresent } from "../../domain/presence.ts";
import {
  isBefore,
  outcomeOf,
  type Place,
  runningEndAt,
  type ServerWork,
  type Waiting,
} from "../../domain/place.ts";
import type { WaitingJob } from "../../domain/estimate.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { JobRow } from "../../storage/jobs.ts";
import {
  findJobsAhead,
  findLeasedJobs,
  findQueues,
  type ServersQueue,
} from "../../storage/places.ts";
import { findServer, type ServerRow, timingOf } from "../../storage/servers.ts";
import type { Context } from "../context.ts";
import { startedAt, workOf } from "../server-work.ts";

/** Where a job stands and when it should run, by what its server has shown so far. */
export interface QueueEstimate {
  readonly queue_position: number | null;
  readonly queue_position_is_minimum?: true;
  readonly estimated_start_time: string | null;
  readonly estimated_completion_time: string | null;
}

/** What is to come of a job, and whether its server is there to do it. */
export interface Outlook {
  readonly estimate: QueueEstimate;
  readonly isServerPresent: boolean;
}

function viewPlace(
  job: Waiting,
  ahead: readonly WaitingJob[],
  work: ServerWork,
  now: number,
): QueueEstimate {
  const { position, isMinimum, startAt, completionAt } = outcomeOf(job, ahead, work, now);
  return {
    queue_position: position,
    ...(isMinimum ? { queue_position_is_minimum: true as const } : {}),
    estimated_start_time: toTimestamp(startAt),
    estimated_completion_time: toTimestamp(completionAt),
  };
}

/**
 * The place of a waiting job; null when its agent has taken it, and nothing stands before it. Reads at most
 * `positionMax` rows of the index and those of the jobs that the server holds, however long the queue is:
 * behind that many, position and times are lower bounds and said to be. An absent server's times are as if
 * it came back now.
 */
export async function estimatePlace(
  ctx: Context,
  server: ServerRow,
  job: Waiting,
  place: Place | null,
): Promise<Outlook> {
  const now = ctx.clock();
  const ahead = place === null ? [] : await findJobsAhead(ctx.db, server.alias, place);
  const held = await findLeasedJobs(ctx.db, server.alias);
  const leaseUntil = Math.max(0, ...held.map((one) => one.leaseUntil ?? 0));
  const sighting = { lastSeenAt: server.lastSeenAt, leaseUntil };
  return {
    estimate: viewPlace(job, ahead, workOf(server, held, now), now),
    isServerPresent: isPresent(sighting, now, ctx.settings.durations),
  };
}

const NOT_WAITING: QueueEstimate = {
  queue_position: null,
  estimated_start_time: null,
  estimated_completion_time: null,
};

function placeOf({ priority, creationTimestamp, mobilesdJobId: id }: JobRow): Place {
  return { priority, creationTimestamp, id };
}

/** One that runs has an end in sight; nobody knows when a box that went away comes back. */
function viewRunning(job: JobRow, server: ServerRow, now: number): QueueEstimate {
  if (job.statusReason === "agent_offline") return NOT_WAITING;
  const endAt = runningEndAt({ ...job, startedAt: startedAt(job, now) }, timingOf(server), now);
  return { ...NOT_WAITING, estimated_completion_time: toTimestamp(endAt) };
}

/** The same for a stored job: one that runs has an end in sight, one that is over has neither. */
export async function estimateJob(ctx: Context, job: JobRow): Promise<Outlook> {
  const isOpen = job.status === "pending" || job.status === "processing";
  const server = isOpen ? await findServer(ctx.db, job.targetServerAlias) : undefined;
  if (!server) return { estimate: NOT_WAITING, isServerPresent: false };
  if (job.status === "pending") {
    return estimatePlace(ctx, server, job, job.leaseHash === null ? placeOf(job) : null);
  }
  const now = ctx.clock();
  const sighting = { lastSeenAt: server.lastSeenAt, leaseUntil: job.leaseUntil };
  return {
    estimate: viewRunning(job, server, now),
    isServerPresent: isPresent(sighting, now, ctx.settings.durations),
  };
}

function estimateIn(
  job: JobRow,
  server: ServerRow | undefined,
  queue: ServersQueue | undefined,
  now: number,
): QueueEstimate {
  if (server && job.status === "processing") return viewRunning(job, server, now);
  if (!server || !queue || job.status !== "pending") return NOT_WAITING;
  const isTaken = job.leaseHash !== null;
  const ahead = isTaken ? [] : queue.waiting.filter((one) => isBefore(one, placeOf(job)));
  return viewPlace(job, ahead, workOf(server, queue.held, now), now);
}

/**
 * The estimates of many jobs, in their order: what `estimateJob` says of each, for one look at the queue of
 * each server that one of them waits for.
 */
export async function estimateJobs(
  ctx: Context,
  jobs: readonly JobRow[],
  servers: readonly ServerRow[],
): Promise<QueueEstimate[]> {
  const now = ctx.clock();
  const waiting = jobs.filter((job) => job.status === "pending");
  const queues = await findQueues(ctx.db, new Set(waiting.map((job) => job.targetServerAlias)));
  return jobs.map((job) => {
    const alias = job.targetServerAlias;
    const server = servers.find((one) => one.alias === alias);
    return estimateIn(job, server, queues.get(alias), now);
  });
}
