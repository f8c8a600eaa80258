import type { ServerList, ServerView } from "@mobilesd/contract";
import { findQueues, type ServersQueue } from "../../storage/places.ts";
import {
  findServerWithLease,
  listServersWithLease,
  type ServerWithLease,
} from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { viewServer } from "./view-server.ts";

const NOTHING: ServersQueue = { waiting: [], held: [] };

/** Their queues and what their hubs know, all at once; `positionMax` rows of each queue are read. */
async function viewServers(
  ctx: ActorContext,
  servers: readonly ServerWithLease[],
): Promise<ServerView[]> {
  const [queues, looks] = await Promise.all([
    findQueues(ctx.db, new Set(servers.map((server) => server.alias))),
    Promise.all(servers.map((server) => ctx.hubs.look(server.alias))),
  ]);
  return servers.map((server, at) => {
    const look = looks[at];
    if (look === undefined) throw new Error("a look for each server");
    return viewServer(ctx, server, queues.get(server.alias) ?? NOTHING, look);
  });
}

/** The GPU boxes that jobs can name, with what they do and how long their queues are. */
export async function listServers(ctx: ActorContext): Promise<ServerList> {
  return { servers: await viewServers(ctx, await listServersWithLease(ctx.db)) };
}

/** The agent's own server as its users see it. Throws `not_found` when it is gone. */
export async function getOwnServer(ctx: ActorContext): Promise<ServerView> {
  const server = await findServerWithLease(ctx.db, ctx.actor.serverAlias ?? "");
  const [view] = server ? await viewServers(ctx, [server]) : [];
  if (!view) throw new AppError("not_found");
  return view;
}
