import type { LeaseProof } from "@mobilesd/contract";
import { isRenewalDue } from "../../domain/lease.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { extendLease } from "../../storage/queue.ts";
import { findServer } from "../../storage/servers.ts";
import type { ActorContext } from "../context.ts";
import { requireLease } from "../require-lease.ts";
import { isSeen } from "../server-sight.ts";
import { tellOfJobs } from "../tell-hub.ts";

/** Whether the rows call its server away: it lost its socket in the middle of a job, and asks without one now. */
async function isBack(ctx: ActorContext, { targetServerAlias, leaseUntil }: JobRow) {
  const server = await findServer(ctx.db, targetServerAlias);
  return server !== undefined && !isSeen(ctx, { ...server, leaseUntil });
}

/**
 * Keeps a lease alive and carries a cancel to the agent. Writes only when a third of the lease is gone,
 * or when its job was shown as `agent_offline`: the lease had run out, or the socket was lost.
 */
export async function heartbeat(
  ctx: ActorContext,
  id: string,
  proof: LeaseProof,
  sessionId: string | null,
): Promise<{ cancel: boolean; lease_ttl_ms: number; server_time: string }> {
  const job = await requireLease(ctx, id, proof, sessionId);
  const now = ctx.clock();
  const { durations } = ctx.settings;
  const isDue = isRenewalDue(job.leaseUntil ?? now, now, durations);
  const hasReturned = !isDue && (await isBack(ctx, job));
  if (isDue || hasReturned) {
    const held = await extendLease(ctx.db, job, now + durations.leaseTtlMs, now);
    // It moved since it was read: a second look says how it ended, or that it is held after all.
    if (!held) await requireLease(ctx, id, proof, sessionId);
    else if (held.statusReason !== job.statusReason) {
      tellOfJobs(ctx, job.targetServerAlias, { jobs: [held] });
    }
    // Those who watch hear that the server is there again.
    if (held && hasReturned) ctx.defer(ctx.hubs.tell(job.targetServerAlias, { hasOrders: true }));
  }
  return {
    cancel: job.cancelRequestedAt !== null,
    lease_ttl_ms: durations.leaseTtlMs,
    server_time: toTimestamp(now),
  };
}
