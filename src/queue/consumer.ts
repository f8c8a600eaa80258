import type { Context } from "../services/context.ts";
import { keepDeadLetter } from "../services/upkeep/keep-dead-letter.ts";
import { sweep } from "../services/upkeep/sweep.ts";

/** The queue of messages that could not be delivered. */
const DEAD_LETTER_QUEUE = /-dlq$/;

/**
 * Wake messages only say "look now", so a batch is one sweep; whatever they were sent for is in the rows.
 * A dead letter is kept where an operator finds it.
 */
export async function consumeBatch(ctx: Context, batch: MessageBatch): Promise<void> {
  if (!DEAD_LETTER_QUEUE.test(batch.queue)) {
    await sweep(ctx);
    return;
  }
  for (const message of batch.messages) {
    const { id, body } = message;
    await keepDeadLetter(ctx, { messageId: id, queue: batch.queue, body });
    message.ack();
  }
}
