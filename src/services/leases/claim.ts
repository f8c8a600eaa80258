import type { Claim, LeaseGrant } from "@mobilesd/contract";
import { hashSecret } from "../../domain/credentials.ts";
import { leaseTokenOf } from "../../domain/lease.ts";
import { checkpointKeys } from "../../domain/names.ts";
import { readStoredParams } from "../../domain/stored-params.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { claimNextJob, findClaimedJob } from "../../storage/queue.ts";
import { findNames, findServer, type ServerRow } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { changeLeased } from "./require-lease.ts";

/** Jobs that cannot run, which one claim puts aside before it answers "nothing". */
const PUT_ASIDE_MAX = 10;

async function requireSession(ctx: ActorContext, sessionId: string | null): Promise<ServerRow> {
  const server = await findServer(ctx.db, ctx.actor.serverAlias ?? "");
  if (sessionId === null || !server?.sessionId) throw new AppError("session_unknown");
  if (server.sessionId !== sessionId) throw new AppError("session_superseded");
  return server;
}

/** A file may be gone since the job was taken on, or since a backoff began. */
async function hasCheckpoint(ctx: ActorContext, server: ServerRow, job: JobRow): Promise<boolean> {
  if (server.catalogueSha256 === null) return true;
  const keys = checkpointKeys(job.checkpointName);
  const known = await findNames(ctx.db, server.alias, "checkpoint", keys);
  return known.some((one) => one.name === job.checkpointName);
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
  const server = await requireSession(ctx, sessionId);
  const { durations, keyPepper } = ctx.settings;
  const claimed = { sessionId: sessionId ?? "", claimId: input.claim_id };
  const leaseToken = leaseTokenOf(claimed, keyPepper);
  for (let tries = 0; tries < PUT_ASIDE_MAX; tries++) {
    const now = ctx.clock();
    const leaseUntil = now + durations.leaseTtlMs;
    const lease = { ...claimed, leaseHash: hashSecret(leaseToken, keyPepper), leaseUntil };
    const job =
      (await findClaimedJob(ctx.db, server.alias, claimed)) ??
      (await claimNextJob(ctx.db, server.alias, lease, now));
    if (!job) return null;
    const params = readStoredParams(job.generationParamsJson);
    if (params === null) {
      await refuseUnreadable(ctx, job);
    } else if (await hasCheckpoint(ctx, server, job)) {
      const { mobilesdJobId, epoch } = job;
      ctx.log("job_claimed", { job_id: mobilesdJobId, epoch, server_alias: server.alias });
      return {
        mobilesd_job_id: mobilesdJobId,
        epoch,
        lease_token: leaseToken,
        lease_ttl_ms: durations.leaseTtlMs,
        attempt_count: job.attemptCount,
        generation_params: params,
        checkpoint_name: job.checkpointName,
      };
    } else {
      await changeLeased(ctx, job, { type: "checkpoint_missing" });
      ctx.log("job_held", { job_id: job.mobilesdJobId, status_reason: "missing_checkpoint" });
    }
  }
  return null;
}
