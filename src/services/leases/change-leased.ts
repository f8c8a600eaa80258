import type { JobStep } from "../../domain/job-machine.ts";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { AppError } from "../app-error.ts";
import { decide, untilUnmoved } from "../change-job.ts";
import type { ActorContext } from "../context.ts";
import { tellOfJobs } from "../tell-hub.ts";

/**
 * Does to the job of a lease what a step asks, and writes it under the fence. A row that a repeated
 * request or a cancel has moved meanwhile is looked at anew.
 */
export function changeLeased(
  ctx: ActorContext,
  find: () => Promise<JobRow>,
  step: JobStep,
  columns: Partial<JobRow> = {},
): Promise<JobRow> {
  return untilUnmoved(async () => {
    const job = await find();
    const change = decide(ctx, job, step);
    if (change.ok) {
      const saved = await applyChange(ctx.db, job, change.value, ctx.clock(), { columns });
      if (saved) tellOfJobs(ctx, job.targetServerAlias, { jobs: [saved] });
      return saved;
    }
    if (change.error.code === "nothing_to_do") return job;
    throw new AppError("lease_lost");
  });
}
