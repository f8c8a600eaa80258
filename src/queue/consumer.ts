import { errorTextOf } from "../domain/error-text.ts";
import type { Context } from "../services/context.ts";
import { keepDeadLetter } from "../services/upkeep/keep-dead-letter.ts";
import { sweepServer } from "../services/upkeep/sweep.ts";

/** The queue of messages that could not be delivered. */
const DEAD_LETTER_QUEUE = /-dlq$/;

/** Looks once at a server, however many messages name it; they come again if that fails. */
async function wake(ctx: Context, alias: string, messages: readonly Message[]): Promise<void> {
  try {
    await sweepServer(ctx, alias);
    for (const message of messages) message.ack();
  } catch (error) {
    ctx.log("wake_failed", { server_alias: alias, ...errorTextOf(error) });
    for (const message of messages) message.retry();
  }
}

/** The server that a message names; null where it is not one of this version. */
function serverOf(body: unknown): string | null {
  const isNaming = typeof body === "object" && body !== null && "server" in body;
  return isNaming && typeof body.server === "string" ? body.server : null;
}

/** By the server that they name. One without any is let go: the minute's sweep looks at every server. */
function byServer(ctx: Context, messages: readonly Message[]): Map<string, Message[]> {
  const servers = new Map<string, Message[]>();
  for (const message of messages) {
    const server = serverOf(message.body);
    if (server !== null) servers.set(server, [...(servers.get(server) ?? []), message]);
    else {
      ctx.log("wake_unreadable", { message_id: message.id });
      message.ack();
    }
  }
  return servers;
}

/**
 * Wake messages only say "look now" of a server, whatever they were sent for is in the rows. A dead letter is
 * kept where an operator finds it.
 */
export async function consumeBatch(ctx: Context, batch: MessageBatch): Promise<void> {
  if (!DEAD_LETTER_QUEUE.test(batch.queue)) {
    const servers = byServer(ctx, batch.messages);
    for (const [alias, messages] of servers) await wake(ctx, alias, messages);
    return;
  }
  for (const message of batch.messages) {
    const { id, body } = message;
    await keepDeadLetter(ctx, { messageId: id, queue: batch.queue, body });
    message.ack();
  }
}
