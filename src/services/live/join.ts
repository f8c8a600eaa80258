import { type Actor, ownerScope } from "../../domain/access.ts";
import type { Member, Ticket } from "../../domain/hub.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext, Context } from "../context.ts";
import { readServer } from "./hub-rows.ts";

async function join(ctx: Context, alias: string, member: Member): Promise<WebSocket> {
  const joined = await ctx.hubs.join(alias, member);
  if (typeof joined === "string") throw new AppError(joined);
  return joined;
}

/** The other end of the socket of an agent; only for the session that counts. */
export async function joinAsAgent(ctx: ActorContext, sessionId: string | null): Promise<WebSocket> {
  const alias = ctx.actor.serverAlias ?? "";
  const server = await readServer(ctx, alias);
  if (sessionId === null || !server?.sessionId) throw new AppError("session_unknown");
  if (server.sessionId !== sessionId) throw new AppError("session_superseded");
  return join(ctx, alias, { role: "agent", sessionId, mode: server.mode });
}

/** Who watches what. */
export interface Watching {
  readonly alias: string;
  readonly actor: Actor;
  /** The id of the last event that was heard. */
  readonly since: string | null;
  /** Used up by this. */
  readonly ticket: Ticket | null;
}

/** The other end of a socket on which somebody hears of a server what they may see. */
export async function joinAsWatcher(ctx: Context, watching: Watching): Promise<WebSocket> {
  const { alias, actor, since, ticket } = watching;
  const server = await readServer(ctx, alias);
  if (!server) throw new AppError("not_found");
  return join(ctx, alias, {
    role: "watcher",
    ownerId: ownerScope(actor),
    origin: ctx.origin,
    since,
    until: ctx.clock() + ctx.settings.durations.watcherSocketTtlMs,
    ticket: ticket && { id: ticket.id, expiresAt: ticket.expiresAt },
    isSeen: server.isSeen,
    mode: server.mode,
  });
}
