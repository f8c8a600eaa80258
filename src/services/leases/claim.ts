import { type Claim, type LeaseGrant, ResolvedParams } from "@mobilesd/contract";
import { hashSecret } from "../../domain/credentials.ts";
import { leaseTokenOf } from "../../domain/lease.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { claimNextJob, findClaimedJob } from "../../storage/queue.ts";
import { findServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { changeLeased } from "./require-lease.ts";

/** Jobs of before the schema that one claim throws out before it answers "nothing". */
const UNREADABLE_JOBS_MAX = 10;

async function requireSession(ctx: ActorContext, sessionId: string | null): Promise<string> {
  const server = await findServer(ctx.db, ctx.actor.serverAlias ?? "");
  if (sessionId === null || !server?.sessionId) throw new AppError("session_unknown");
  if (server.sessionId !== sessionId) throw new AppError("session_superseded");
  return server.alias;
}

function parseParams(job: JobRow) {
  try {
    return ResolvedParams.safeParse(JSON.parse(job.generationParamsJson));
  } catch (error) {
    if (error instanceof SyntaxError) return { success: false } as const;
    throw error;
  }
}

async function refuseUnreadable(ctx: ActorContext, job: JobRow): Promise<void> {
  const message = "The parameters are not ones that this version can run";
  const failure = { kind: "user", reason: "invalid_job", message } as const;
  await changeLeased(ctx, job, { type: "fail", failure });
  ctx.log("job_unreadable", { job_id: job.mobilesdJobId });
}

/**
 * Grants the next job of the agent's server, or null. The same `claim_id` answers the same lease, so that
 * an answer lost on the way costs nothing.
 */
export async function claimJob(
  ctx: ActorContext,
  input: Claim,
  sessionId: string | null,
): Promise<LeaseGrant | null> {
  const alias = await requireSession(ctx, sessionId);
  const { durations, keyPepper } = ctx.settings;
  const claimed = { sessionId: sessionId ?? "", claimId: input.claim_id };
  const leaseToken = leaseTokenOf(claimed, keyPepper);
  for (let tries = 0; tries < UNREADABLE_JOBS_MAX; tries++) {
    const now = ctx.clock();
    const leaseUntil = now + durations.leaseTtlMs;
    const lease = { ...claimed, leaseHash: hashSecret(leaseToken, keyPepper), leaseUntil };
    const job =
      (await findClaimedJob(ctx.db, alias, input.claim_id, leaseUntil + durations.leaseGraceMs)) ??
      (await claimNextJob(ctx.db, alias, lease, now));
    if (!job) return null;
    const params = parseParams(job);
    if (params.success) {
      ctx.log("job_claimed", { job_id: job.mobilesdJobId, epoch: job.epoch, server_alias: alias });
      return {
        mobilesd_job_id: job.mobilesdJobId,
        epoch: job.epoch,
        lease_token: leaseToken,
        lease_ttl_ms: durations.leaseTtlMs,
        attempt_count: job.attemptCount,
        generation_params: params.data,
        checkpoint_name: job.checkpointName,
      };
    }
    await refuseUnreadable(ctx, job);
  }
  return null;
}
