import type { LeaseProof } from "@mobilesd/contract";
import { isLeaseProof } from "../domain/lease.ts";
import { findServersJob, type JobRow } from "../storage/jobs.ts";
import { findServer } from "../storage/servers.ts";
import { AppError } from "./app-error.ts";
import type { ActorContext } from "./context.ts";

/** A job of the agent's own server; others answer as if they did not exist. */
export async function requireServersJob(ctx: ActorContext, id: string): Promise<JobRow> {
  const job = await findServersJob(ctx.db, id, ctx.actor.serverAlias ?? "");
  if (!job) throw new AppError("not_found");
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
