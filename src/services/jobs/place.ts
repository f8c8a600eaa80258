import { LIMITS } from "@mobilesd/contract";
import { runMs, waitMs } from "../../domain/estimate.ts";
import { isPresent } from "../../domain/presence.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { findJobsAhead, findLeasedJobs, type Place } from "../../storage/queue.ts";
import { findServer, type ServerRow, timingOf } from "../../storage/servers.ts";
import type { Context } from "../context.ts";

/** Where a job stands and when it should run, by what its server has shown so far. */
export interface QueueEstimate {
  readonly queue_position: number | null;
  readonly queue_position_is_minimum?: true;
  readonly estimated_start_time: string | null;
  readonly estimated_completion_time: string | null;
}

type Waiting = Pick<JobRow, "costMegapixelSteps" | "checkpointName" | "notBefore">;

/** What is to come of a job, and whether its server is there to do it. */
export interface Outlook {
  readonly estimate: QueueEstimate;
  readonly isServerPresent: boolean;
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
  const timing = timingOf(server);
  const ahead = place === null ? [] : await findJobsAhead(ctx.db, server.alias, place);
  const held = await findLeasedJobs(ctx.db, server.alias);
  const current = held.find((one) => one.status === "processing");
  const running = current
    ? { ...current, elapsedMs: now - Date.parse(current.startedTimestamp ?? toTimestamp(now)) }
    : null;
  const previous = ahead.at(-1)?.checkpointName ?? current?.checkpointName ?? null;
  const startAt = Math.max(now + waitMs(running, ahead, timing), job.notBefore ?? 0);
  const isMinimum = ahead.length >= LIMITS.positionMax;
  const leaseUntil = Math.max(0, ...held.map((one) => one.leaseUntil ?? 0));
  return {
    estimate: {
      queue_position: isMinimum ? LIMITS.positionMax : ahead.length + 1,
      ...(isMinimum ? { queue_position_is_minimum: true as const } : {}),
      estimated_start_time: toTimestamp(startAt),
      estimated_completion_time: toTimestamp(startAt + runMs(job, previous, timing)),
    },
    isServerPresent: isPresent(
      { lastSeenAt: server.lastSeenAt, leaseUntil },
      now,
      ctx.settings.durations,
    ),
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

/** The same for a stored job: one that runs has an end in sight, one that is over has neither. */
export async function estimateJob(ctx: Context, job: JobRow): Promise<Outlook> {
  const isOpen = job.status === "pending" || job.status === "processing";
  const server = isOpen ? await findServer(ctx.db, job.targetServerAlias) : undefined;
  if (!server) return { estimate: NOT_WAITING, isServerPresent: false };
  if (job.status === "pending") {
    return estimatePlace(ctx, server, job, job.leaseHash === null ? placeOf(job) : null);
  }
  const now = ctx.clock();
  const startedAt = Date.parse(job.startedTimestamp ?? toTimestamp(now));
  const endAt = startedAt + runMs(job, job.checkpointName, timingOf(server));
  // Nobody knows when a box that went away comes back.
  const isAway = job.statusReason === "agent_offline";
  const estimated_completion_time = isAway ? null : toTimestamp(Math.max(now, endAt));
  const sighting = { lastSeenAt: server.lastSeenAt, leaseUntil: job.leaseUntil };
  return {
    estimate: { ...NOT_WAITING, estimated_completion_time },
    isServerPresent: isPresent(sighting, now, ctx.settings.durations),
  };
}
