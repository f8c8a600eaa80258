import type { LeaseProof } from "@mobilesd/contract";
import { isRenewalDue } from "../../domain/lease.ts";
import { toTimestamp } from "../../storage/database.ts";
import { extendLease } from "../../storage/queue.ts";
import type { ActorContext } from "../context.ts";
import { requireLease } from "../require-lease.ts";
import { tellOfJobs } from "../tell-hub.ts";

/**
 * Keeps a lease alive and carries a cancel to the agent. Writes only when a third of the lease is gone,
 * or when the lease had run out and its job was shown as `agent_offline`.
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
  if (isRenewalDue(job.leaseUntil ?? now, now, durations)) {
    const held = await extendLease(ctx.db, job, now + durations.leaseTtlMs, now);
    // It moved since it was read: a second look says how it ended, or that it is held after all.
    if (!held) await requireLease(ctx, id, proof, sessionId);
    else if (held.statusReason !== job.statusReason) {
      tellOfJobs(ctx, job.targetServerAlias, { jobs: [held] });
    }
  }
  return {
    cancel: job.cancelRequestedAt !== null,
    lease_ttl_ms: durations.leaseTtlMs,
    server_time: toTimestamp(now),
  };
}
