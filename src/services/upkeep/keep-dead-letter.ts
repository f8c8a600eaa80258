import { toTimestamp } from "../../storage/database.ts";
import { insertDeadLetter } from "../../storage/upkeep.ts";
import type { Context } from "../context.ts";

/** Keeps a queue message that no retry could deliver, where an operator finds it. */
export async function keepDeadLetter(
  ctx: Context,
  letter: { messageId: string; queue: string; body: unknown },
): Promise<void> {
  await insertDeadLetter(ctx.db, {
    messageId: letter.messageId,
    queue: letter.queue,
    bodyJson: JSON.stringify(letter.body),
    createdAt: toTimestamp(ctx.clock()),
  });
  ctx.log("dead_letter", { message_id: letter.messageId, queue: letter.queue });
}
