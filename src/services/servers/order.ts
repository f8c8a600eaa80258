import type { ServerChange, ServerMode } from "@mobilesd/contract";
import { ownerScope } from "../../domain/access.ts";
import type { HubNews } from "../../domain/hub.ts";
import { toTimestamp } from "../../storage/database.ts";
import { findLeasedJobs } from "../../storage/places.ts";
import { findUnbegunJobs } from "../../storage/queue.ts";
import {
  findServer,
  findServerWithLease,
  type ServerRow,
  updateServer,
} from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { endLeases } from "../end-leases.ts";
import { noSuchServer } from "../no-such-server.ts";
import { modeOf } from "../server-orders.ts";
import { isSeen } from "../server-sight.ts";
import { tellOfJobs, tellOrder } from "../tell-hub.ts";

/** A server that the caller may give orders: their own, or any for one who reaches every owner's. */
async function requireOwnServer(ctx: ActorContext, alias: string): Promise<ServerRow> {
  const server = await findServer(ctx.db, alias);
  if (!server) throw await noSuchServer(ctx, "not_found", "alias");
  const scope = ownerScope(ctx.actor);
  if (scope !== null && scope !== server.ownerId) throw new AppError("forbidden");
  return server;
}

/** Gives a server's jobs back to the line that its agent has taken and not begun. */
async function takeBack(ctx: ActorContext, alias: string): Promise<void> {
  const released = await endLeases(ctx, () => findUnbegunJobs(ctx.db, alias), { type: "release" });
  if (released.length > 0) tellOfJobs(ctx, alias, { jobs: released });
}

/** Tells the hub at once what was ordered, which the row has already; answers what the agent still holds. */
async function passOn(
  ctx: ActorContext,
  order: "pause" | "drain" | "resume" | "unload",
  { alias, mode }: { readonly alias: string; readonly mode: ServerMode },
  news: HubNews,
): Promise<ServerChange> {
  // The agent may be about to begin what is taken back: it hears of the order first.
  const [is_heard] = await Promise.all([
    tellOrder(ctx, alias, news),
    order === "pause" ? takeBack(ctx, alias) : null,
  ]);
  const held_jobs = (await findLeasedJobs(ctx.db, alias)).length;
  ctx.log("server_ordered", { server_alias: alias, order, mode, held_jobs });
  return { alias, mode, held_jobs, is_heard };
}

/** The mode is written first: from then on no claim grants anything that it forbids. */
async function changeMode(ctx: ActorContext, alias: string, mode: ServerMode): Promise<void> {
  const server = await requireOwnServer(ctx, alias);
  if (server.mode !== mode) await updateServer(ctx.db, alias, { mode });
}

/**
 * Lets no further job begin on a server. What its agent has taken and not begun goes back to the line at no
 * attempt's cost; what it has begun may end.
 */
export async function pauseServer(ctx: ActorContext, alias: string): Promise<ServerChange> {
  await changeMode(ctx, alias, "paused");
  return passOn(ctx, "pause", { alias, mode: "paused" }, { hasOrders: true });
}

/** Lets a server finish what its agent holds, and take nothing more. */
export async function drainServer(ctx: ActorContext, alias: string): Promise<ServerChange> {
  await changeMode(ctx, alias, "draining");
  return passOn(ctx, "drain", { alias, mode: "draining" }, { hasOrders: true });
}

/** Lets a paused or draining server take jobs again. */
export async function resumeServer(ctx: ActorContext, alias: string): Promise<ServerChange> {
  await changeMode(ctx, alias, "active");
  const news: HubNews = { hasOrders: true, toAgent: [{ type: "work" }] };
  return passOn(ctx, "resume", { alias, mode: "active" }, news);
}

/**
 * Has a server's model taken out of the GPU's memory as soon as nothing runs there. An agent that is not
 * connected hears of it with its next request. Throws `server_away` when there is no sign of an agent.
 */
export async function unloadModel(ctx: ActorContext, alias: string): Promise<ServerChange> {
  const server = await requireOwnServer(ctx, alias);
  const row = await findServerWithLease(ctx.db, alias);
  const isThere = (row && isSeen(ctx, row)) || (await ctx.hubs.look(alias)).isAgentThere;
  if (!isThere) throw new AppError("server_away");
  const unloadRequestedAt = ctx.clock();
  await updateServer(ctx.db, alias, { unloadRequestedAt });
  const news: HubNews = { toAgent: [{ type: "unload", at: toTimestamp(unloadRequestedAt) }] };
  return passOn(ctx, "unload", { alias, mode: modeOf(server) }, news);
}
