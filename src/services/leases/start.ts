import type { Start } from "@mobilesd/contract";
import { applyChange } from "../../storage/jobs.ts";
import type { ActorContext } from "../context.ts";
import { changeLeased, leaseRefusal, requireLease } from "./require-lease.ts";

/** Counts the attempt and makes the job `processing`. Repeated under the same lease it counts once. */
export async function startJob(
  ctx: ActorContext,
  id: string,
  input: Start,
  sessionId: string | null,
): Promise<{ attempt_count: number; cancel: boolean }> {
  const job = await requireLease(ctx, id, input, sessionId);
  const started = await changeLeased(ctx, job, { type: "start" }, (change, now) =>
    applyChange(ctx.db, job, change, now, {
      columns: { forgeInternalTaskId: input.forge_task_id },
    }),
  );
  if (!started) throw await leaseRefusal(ctx, undefined, sessionId);
  return { attempt_count: started.attemptCount, cancel: started.cancelRequestedAt !== null };
}
