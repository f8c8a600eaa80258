import { errorTextOf } from "../domain/error-text.ts";
import type { Context } from "../services/context.ts";
import { readServer } from "../services/live/hub-rows.ts";
import type { AgentSockets } from "./agent-sockets.ts";
import type { RowWish } from "./row-looks.ts";
import type { Telling } from "./telling.ts";

interface Parts {
  readonly alias: string;
  readonly context: Context;
  readonly agents: AgentSockets;
  readonly telling: Telling;
}

/**
 * Tells what a server's row says at this moment: to its agent the mode, and that another session counts; to
 * those who watch how the server is. Should the rows not answer, the session that just came is the one.
 */
export async function tellRows(parts: Parts, wishes: readonly RowWish[]): Promise<void> {
  const { alias, context, agents, telling } = parts;
  const newest = wishes.findLast((wish) => wish.newest !== undefined)?.newest;
  try {
    const server = await readServer(context, alias);
    if (!server) return;
    if (server.sessionId !== null) agents.supersedeAllBut(server.sessionId);
    if (wishes.some(({ isForAgent }) => isForAgent)) {
      agents.send({ type: "mode", mode: server.mode });
    }
    telling.server(server, new Set(wishes.map(({ watchers }) => watchers)));
  } catch (error) {
    context.log("server_unread", { server_alias: alias, ...errorTextOf(error) });
    if (newest !== undefined) agents.supersedeAllBut(newest);
  }
}
