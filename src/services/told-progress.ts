import type { HubLook } from "../domain/hub.ts";
import type { JobRow } from "../storage/jobs.ts";
import type { Context } from "./context.ts";
import { runOf } from "./server-sight.ts";

/** Jobs whose progress is remembered: more than run at a time on any installation. */
const JOBS_KEPT_MAX = 1_000;

/**
 * How far a running job is, in whole percent. What was told before of the same run counts on where its hub
 * knows less for a moment: a hub that was rebuilt, or one that does not answer. 0 where nothing was ever told.
 */
export function toldProgress(
  ctx: Pick<Context, "progressMemory">,
  look: HubLook,
  job: Pick<JobRow, "mobilesdJobId" | "epoch" | "status">,
): number {
  const { mobilesdJobId: id, epoch } = job;
  const memory = ctx.progressMemory;
  const before = memory.get(id);
  const known = before?.epoch === epoch ? before.progress : 0;
  const told = runOf(look, job)?.progress;
  if (told === undefined || told <= known) return known;
  memory.delete(id);
  memory.set(id, { epoch, progress: told });
  const [oldest] = memory.size > JOBS_KEPT_MAX ? memory.keys() : [];
  if (oldest !== undefined) memory.delete(oldest);
  return told;
}
