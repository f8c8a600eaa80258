import type { Start } from "@mobilesd/contract";
import type { ActorContext } from "../context.ts";
import { requireLease } from "../require-lease.ts";
import { changeLeased } from "./change-leased.ts";

/** Counts the attempt and makes the job `processing`. Repeated under the same lease it counts once. */
export async function startJob(
  ctx: ActorContext,
  id: string,
  input: Start,
  sessionId: string | null,
): Promise<{ attempt_count: number; cancel: boolean }> {
  const find = () => requireLease(ctx, id, input, sessionId);
  const columns = { forgeInternalTaskId: input.forge_task_id };
  const started = await changeLeased(ctx, find, { type: "start" }, columns);
  return { attempt_count: started.attemptCount, cancel: started.cancelRequestedAt !== null };
}
