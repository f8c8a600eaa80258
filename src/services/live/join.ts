import { type Actor, ownerScope } from "../../domain/access.ts";
import type { Member, Ticket } from "../../domain/hub.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext, Context } from "../context.ts";
import { noSuchServer } from "../no-such-server.ts";
import { type ServerRows, readServer } from "./hub-rows.ts";

/** By how much of its time a socket ends early, left to chance: those opened together must not end together. */
const EARLY_SHARE = 0.1;

async function join(ctx: Context, alias: string, member: Member): Promise<WebSocket> {
  const joined = await ctx.hubs.join(alias, member);
  if (typeof joined === "string") throw new AppError(joined);
  return joined;
}

/** Until when a socket that opens now stands at most; then its holder's key is looked at anew. */
function untilOf(ctx: Context): number {
  const { watcherSocketTtlMs } = ctx.settings.durations;
  return ctx.clock() + watcherSocketTtlMs * (1 - EARLY_SHARE * ctx.random());
}

/** The other end of the socket of an agent; only for the session that counts. */
export async function joinAsAgent(ctx: ActorContext, sessionId: string | null): Promise<WebSocket> {
  const alias = ctx.actor.serverAlias ?? "";
  const server = await readServer(ctx, alias);
  if (sessionId === null || !server?.sessionId) throw new AppError("session_unknown");
  if (server.sessionId !== sessionId) throw new AppError("session_superseded");
  return join(ctx, alias, { role: "agent", sessionId, until: untilOf(ctx) });
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

/** A server that can be watched; throws `not_found` with those there are when none has that name. */
export async function requireServer(ctx: Context, alias: string): Promise<ServerRows> {
  const server = await readServer(ctx, alias);
  if (!server) throw await noSuchServer(ctx, "not_found", "server");
  return server;
}

/** The other end of a socket on which somebody hears of a server what they may see. */
export async function joinAsWatcher(ctx: Context, watching: Watching): Promise<WebSocket> {
  const { alias, actor, since, ticket } = watching;
  await requireServer(ctx, alias);
  return join(ctx, alias, {
    role: "watcher",
    ownerId: ownerScope(actor),
    origin: ctx.origin,
    since,
    until: untilOf(ctx),
    ticket: ticket && { id: ticket.id, expiresAt: ticket.expiresAt },
  });
}
