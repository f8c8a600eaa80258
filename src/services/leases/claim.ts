import type { Claim, ClaimAnswer, LeaseGrant } from "@mobilesd/contract";
import { hashSecret } from "../../domain/credentials.ts";
import type { JobStep } from "../../domain/job-machine.ts";
import { leaseTokenOf } from "../../domain/lease.ts";
import { isSightingDue } from "../../domain/presence.ts";
import { readStoredParams } from "../../domain/stored-params.ts";
import { claimNextJob } from "../../storage/claims.ts";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { findServer, hasCheckpoint, type ServerRow, updateServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import { decide } from "../change-job.ts";
import type { ActorContext } from "../context.ts";
import { ordersOf } from "../server-orders.ts";
import { tellOfJobs, tellOfReturn } from "../tell-hub.ts";

/** Jobs that cannot run, which one claim puts aside before it answers "nothing". */
const PUT_ASIDE_MAX = 10;

/**
 * Asked only when nothing was granted: the claim itself grants nothing to a session that is not the newest.
 * Now and then it notes that the agent came; one that holds a job is known to be there by its lease, and one
 * whose socket stands by its hub.
 */
async function requireSession(
  ctx: ActorContext,
  server: ServerRow | undefined,
  sessionId: string | null,
  isConnected: boolean,
): Promise<ServerRow> {
  if (sessionId === null || !server?.sessionId) throw new AppError("session_unknown");
  if (server.sessionId !== sessionId) throw new AppError("session_superseded");
  const now = ctx.clock();
  if (!isConnected && isSightingDue(server, now, ctx.settings.durations)) {
    await updateServer(ctx.db, server.alias, { lastSeenAt: now });
    tellOfReturn(ctx, server);
  }
  return server;
}

/** A file may have gone while a job was held or leased, when a new catalogue could not put it aside. */
async function isCheckpointThere(ctx: ActorContext, job: JobRow): Promise<boolean> {
  const wasAlwaysInLine = job.epoch === 1 && job.notBefore === null;
  if (wasAlwaysInLine || (await hasCheckpoint(ctx.db, job.targetServerAlias, job.checkpointName))) {
    return true;
  }
  const server = await findServer(ctx.db, job.targetServerAlias);
  return server?.catalogueSha256 === null;
}

const UNREADABLE = {
  kind: "user",
  reason: "invalid_job",
  message: "The parameters are not ones that this version can run",
} as const;

/** Takes back what was just granted. Should the row have moved meanwhile, whatever moved it stands. */
async function putAside(ctx: ActorContext, job: JobRow, step: JobStep): Promise<void> {
  const change = decide(ctx, job, step);
  const saved = change.ok && (await applyChange(ctx.db, job, change.value, ctx.clock()));
  if (saved) tellOfJobs(ctx, job.targetServerAlias, { jobs: [saved] });
  ctx.log("job_put_aside", { job_id: job.mobilesdJobId, cause: step.type });
}

/** The lease in the words of the interface; undefined where the job cannot be run, and was put aside. */
async function grant(
  ctx: ActorContext,
  job: JobRow,
  leaseToken: string,
): Promise<LeaseGrant | undefined> {
  const params = readStoredParams(job.generationParamsJson);
  if (params === null) {
    await putAside(ctx, job, { type: "fail", failure: UNREADABLE });
    return undefined;
  }
  if (!(await isCheckpointThere(ctx, job))) {
    await putAside(ctx, job, { type: "checkpoint_missing" });
    return undefined;
  }
  const { mobilesdJobId, epoch } = job;
  ctx.log("job_claimed", { job_id: mobilesdJobId, epoch, server_alias: job.targetServerAlias });
  return {
    mobilesd_job_id: mobilesdJobId,
    epoch,
    lease_token: leaseToken,
    lease_ttl_ms: ctx.settings.durations.leaseTtlMs,
    attempt_count: job.attemptCount,
    generation_params: params,
    checkpoint_name: job.checkpointName,
  };
}

/**
 * Grants the next job of the agent's server, or null, and says what its owner last told it. The same
 * `claim_id` answers the same lease, so that an answer lost on the way costs nothing.
 */
export async function claimJob(
  ctx: ActorContext,
  input: Claim,
  sessionId: string | null,
): Promise<ClaimAnswer> {
  const alias = ctx.actor.serverAlias ?? "";
  const { durations, keyPepper } = ctx.settings;
  const claimed = { sessionId: sessionId ?? "", claimId: input.claim_id };
  const leaseToken = leaseTokenOf(claimed, keyPepper);
  const leaseHash = hashSecret(leaseToken, keyPepper);
  let found = input.slots === 0 ? await findServer(ctx.db, alias) : undefined;
  for (let tries = 0; tries < PUT_ASIDE_MAX * input.slots; tries++) {
    const now = ctx.clock();
    const lease = { ...claimed, leaseHash, leaseUntil: now + durations.leaseTtlMs };
    const { job, isRepeated, hasMore, server } = await claimNextJob(ctx.db, alias, lease, now);
    found = server;
    if (!job || !server) break;
    const granted = await grant(ctx, job, leaseToken);
    if (granted === undefined) continue;
    if (!isRepeated) tellOfJobs(ctx, alias, { jobs: [job] });
    return { job: granted, has_more: hasMore, orders: ordersOf(server) };
  }
  const server = await requireSession(ctx, found, sessionId, input.is_connected);
  return { job: null, has_more: false, orders: ordersOf(server) };
}
