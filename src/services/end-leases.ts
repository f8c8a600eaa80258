import type { JobStep } from "../domain/job-machine.ts";
import { applyChange, type JobRow } from "../storage/jobs.ts";
import { decide } from "./change-job.ts";
import type { Context } from "./context.ts";

/** How often rows that moved meanwhile are looked at again; whoever moves them can do so only so often. */
const LOOKS_MAX = 5;

/**
 * Does to every row that `find` gives what a step asks, until it gives none. Answers the rows that changed,
 * as they are now.
 */
export async function endLeases(
  ctx: Context,
  find: () => Promise<JobRow[]>,
  step: JobStep,
): Promise<JobRow[]> {
  const ended: JobRow[] = [];
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const held = await find();
    if (held.length === 0) break;
    for (const job of held) {
      const change = decide(ctx, job, step);
      const saved = change.ok && (await applyChange(ctx.db, job, change.value, ctx.clock()));
      if (saved) ended.push(saved);
    }
  }
  return ended;
}
