import type { LeaseProof } from "@mobilesd/contract";
import {
  type JobChange,
  type JobEvent,
  type Refusal,
  transition,
} from "../../domain/job-machine.ts";
import { isLeaseProof } from "../../domain/lease.ts";
import type { Result } from "../../domain/result.ts";
import { applyChange, findJob, type JobRow, toJobState } from "../../storage/jobs.ts";
import { findServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext, Context } from "../context.ts";

/** A job of the agent's own server; others answer as if they did not exist. */
export async function requireServersJob(ctx: ActorContext, id: string): Promise<JobRow> {
  const job = await findJob(ctx.db, id, null);
  if (!job || job.targetServerAlias !== ctx.actor.serverAlias) throw new AppError("not_found");
  return job;
}

/** Whether a proof is that of the lease that the row names, be the job finished or not. */
export function isLeaseOf(ctx: ActorContext, job: JobRow, proof: LeaseProof): boolean {
  return isLeaseProof(job, proof, ctx.settings.keyPepper);
}

/** Why a lease is no more, in the words that tell the agent what to do. */
export async function leaseRefusal(
  ctx: ActorContext,
  job: JobRow,
  sessionId: string | null,
): Promise<AppError> {
  if (job.status === "cancelled") return new AppError("job_cancelled");
  if (sessionId === null) return new AppError("session_unknown");
  const server = await findServer(ctx.db, ctx.actor.serverAlias ?? "");
  if (server?.sessionId !== sessionId) return new AppError("session_superseded");
  return new AppError("lease_lost");
}

/** The job that a valid, unfinished lease proves, held by the very session that claimed it. */
export async function requireLease(
  ctx: ActorContext,
  id: string,
  proof: LeaseProof,
  sessionId: string | null,
): Promise<JobRow> {
  const job = await requireServersJob(ctx, id);
  const isOpen = job.status === "pending" || job.status === "processing";
  const isHeld = isOpen && isLeaseOf(ctx, job, proof) && job.agentSessionId === sessionId;
  if (!isHeld) throw await leaseRefusal(ctx, job, sessionId);
  return job;
}

/** What an event does to a job now, or why it may not. */
export function decide(ctx: Context, job: JobRow, event: JobEvent): Result<JobChange, Refusal> {
  const { durations } = ctx.settings;
  return transition(toJobState(job), event, { now: ctx.clock(), random: ctx.random(), durations });
}

/** How often something is tried anew when the row moved under it; it can only move so often. */
const TRIES_MAX = 5;

/** Repeats what answers undefined because the row moved: it looks at the row anew, and is refused or done. */
export async function untilUnmoved<T>(once: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const done = await once();
    if (done !== undefined) return done;
  }
  throw new AppError("unavailable");
}

/**
 * Does to the job of a lease what an event asks, and writes it under the fence. A row that a repeated
 * request or a cancel has moved meanwhile is looked at anew.
 */
export function changeLeased(
  ctx: ActorContext,
  find: () => Promise<JobRow>,
  event: JobEvent,
  columns: Partial<JobRow> = {},
): Promise<JobRow> {
  return untilUnmoved(async () => {
    const job = await find();
    const change = decide(ctx, job, event);
    if (change.ok) return applyChange(ctx.db, job, change.value, ctx.clock(), { columns });
    if (change.error.code === "nothing_to_do") return job;
    throw new AppError("lease_lost");
  });
}
