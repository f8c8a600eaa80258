import type { WaitingJob } from "../../domain/estimate.ts";
import { UNKNOWN_LOOK } from "../../domain/hub.ts";
import {
  isBefore,
  outcomeOf,
  type Place,
  runningEndAt,
  type ServerWork,
  type Waiting,
} from "../../domain/place.ts";
import { shownReason } from "../../domain/presence.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { findJobsAhead, findLeasedJobs, findQueues } from "../../storage/places.ts";
import { findServer, type ServerRow, timingOf } from "../../storage/servers.ts";
import type { Context } from "../context.ts";
import {
  isSeen,
  NO_SERVER,
  runOf,
  type SightedServer,
  sightServers,
  toSighted,
} from "../server-sight.ts";
import { startedAt, workOf } from "../server-work.ts";

/** Where a job stands and when it should run, by what its server has shown so far. */
export interface QueueEstimate {
  readonly queue_position: number | null;
  readonly queue_position_is_minimum?: true;
  readonly estimated_start_time: string | null;
  readonly estimated_completion_time: string | null;
}

/** What is to come of a job, and how the server is that is to do it. */
export interface Outlook {
  readonly estimate: QueueEstimate;
  readonly server: SightedServer;
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
  const wasSeen = isSeen(ctx, { ...server, leaseUntil: null });
  const [ahead, held, look] = await Promise.all([
    place === null ? [] : findJobsAhead(ctx.db, server.alias, place),
    findLeasedJobs(ctx.db, server.alias),
    wasSeen ? UNKNOWN_LOOK : ctx.hubs.look(server.alias),
  ]);
  const leaseUntil = Math.max(0, ...held.map((one) => one.leaseUntil ?? 0)) || null;
  return {
    estimate: viewPlace(job, ahead, workOf(server, held, look, now), now),
    server: toSighted(ctx, { ...server, leaseUntil }, look),
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

/** One that runs has an end in sight, best known to its agent; nobody knows when a box that went away comes back. */
function viewRunning(job: JobRow, row: ServerRow, server: SightedServer, now: number) {
  if (shownReason(job, server) === "agent_offline") return NOT_WAITING;
  const told = runOf(server.look, job)?.endsAt ?? null;
  const endAt =
    told === null
      ? runningEndAt({ ...job, startedAt: startedAt(job, now) }, timingOf(row), now)
      : Math.max(now, told);
  return { ...NOT_WAITING, estimated_completion_time: toTimestamp(endAt) };
}

/** The same for a stored job: one that runs has an end in sight, one that is over has neither. */
export async function estimateJob(ctx: Context, job: JobRow): Promise<Outlook> {
  const isOpen = job.status === "pending" || job.status === "processing";
  const row = isOpen ? await findServer(ctx.db, job.targetServerAlias) : undefined;
  if (!row) return { estimate: NOT_WAITING, server: NO_SERVER };
  if (job.status === "pending") {
    return estimatePlace(ctx, row, job, job.leaseHash === null ? placeOf(job) : null);
  }
  const seen = { ...row, leaseUntil: job.leaseUntil };
  const sighted = await sightServers(ctx, [seen], new Set([row.alias]));
  const server = sighted.get(row.alias) ?? NO_SERVER;
  return { estimate: viewRunning(job, row, server, ctx.clock()), server };
}

/**
 * The estimates of many jobs, in their order: what `estimateJob` says of each, for one look at the queue of
 * each server that one of them waits for.
 */
export async function estimateJobs(
  ctx: Context,
  jobs: readonly JobRow[],
  rows: readonly ServerRow[],
  sighted: ReadonlyMap<string, SightedServer>,
): Promise<QueueEstimate[]> {
  const now = ctx.clock();
  const waiting = jobs.filter((job) => job.status === "pending");
  const queues = await findQueues(ctx.db, new Set(waiting.map((job) => job.targetServerAlias)));
  return jobs.map((job) => {
    const alias = job.targetServerAlias;
    const row = rows.find((one) => one.alias === alias);
    if (!row) return NOT_WAITING;
    if (job.status === "processing") {
      return viewRunning(job, row, sighted.get(alias) ?? NO_SERVER, now);
    }
    const queue = queues.get(alias);
    if (!queue || job.status !== "pending") return NOT_WAITING;
    const ahead =
      job.leaseHash === null ? queue.waiting.filter((one) => isBefore(one, placeOf(job))) : [];
    const { look } = sighted.get(alias) ?? NO_SERVER;
    return viewPlace(job, ahead, workOf(row, queue.held, look, now), now);
  });
}
