import { applyChange } from "../../storage/jobs.ts";
import { findJobsToWake, stopWatching } from "../../storage/queue.ts";
import { listServers } from "../../storage/servers.ts";
import { decide } from "../change-job.ts";
import type { Context } from "../context.ts";

/**
 * Looks at every job whose time has come: leases that ran out, cancels that nobody acknowledged,
 * backoffs and `not_before`s that are over, deadlines. Each row is written only if it is still as it was
 * seen, so two sweeps at once, or a sweep and an agent, cannot undo each other.
 */
export async function sweep(ctx: Context): Promise<number> {
  let changed = 0;
  for (const server of await listServers(ctx.db)) {
    for (const job of await findJobsToWake(ctx.db, server.alias, ctx.clock())) {
      const change = decide(ctx, job, { type: "clock" });
      if (!change.ok) {
        // A row that nothing can change any more must not stand before those that wait.
        if (change.error.code === "already_finished") await stopWatching(ctx.db, job);
        continue;
      }
      const isByClock = true;
      const saved = await applyChange(ctx.db, job, change.value, ctx.clock(), { isByClock });
      if (saved) changed += 1;
      ctx.log("job_swept", {
        job_id: job.mobilesdJobId,
        status: saved?.status ?? "moved",
        status_reason: saved?.statusReason ?? null,
      });
    }
  }
  return changed;
}
