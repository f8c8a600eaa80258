import type { CancelAnswer, StatusReason } from "@mobilesd/contract";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { AppError } from "../app-error.ts";
import { decide, untilUnmoved } from "../change-job.ts";
import type { ActorContext } from "../context.ts";
import { cancelOf, tellOfJobs } from "../tell-hub.ts";
import { requireJob } from "./read.ts";

function answer(job: JobRow): CancelAnswer {
  return {
    success: true,
    mobilesd_job_id: job.mobilesdJobId,
    status: job.status as CancelAnswer["status"],
    status_reason: job.statusReason as StatusReason,
  };
}

/**
 * Cancels a job: a pending one at once, a running one through its agent, which hears of it by its hub or
 * its next heartbeat and is not waited for longer than the grace. From the first answer on it never completes.
 * Repeated, it answers the same; a job that ended otherwise is `already_finished`.
 */
export async function cancelJob(ctx: ActorContext, id: string): Promise<CancelAnswer> {
  return untilUnmoved(async () => {
    const job = await requireJob(ctx, id);
    if (job.status === "cancelled") return answer(job);
    const change = decide(ctx, job, { type: "cancel" });
    if (!change.ok) {
      if (change.error.code === "nothing_to_do") return answer(job);
      throw new AppError("already_finished");
    }
    const saved = await applyChange(ctx.db, job, change.value, ctx.clock());
    if (!saved) return undefined;
    tellOfJobs(ctx, job.targetServerAlias, { jobs: [saved] }, { toAgent: cancelOf(job) });
    ctx.log("job_cancel", { job_id: id, status: saved.status });
    return answer(saved);
  });
}
