import type { ServerList, ServerView } from "@mobilesd/contract";
import { isPresent, type Sighting } from "../../domain/presence.ts";
import { toTimestamp } from "../../storage/database.ts";
import { listServersWithLease, type ServerRow } from "../../storage/servers.ts";
import type { ActorContext } from "../context.ts";

function viewServer(ctx: ActorContext, server: ServerRow & Sighting): ServerView {
  const { lastSeenAt } = server;
  return {
    alias: server.alias,
    forge: server.forgeJson === null ? null : (JSON.parse(server.forgeJson) as ServerView["forge"]),
    agent_version: server.agentVersion,
    session_started_at: server.sessionStartedAt,
    is_present: isPresent(server, ctx.clock(), ctx.settings.durations),
    last_seen_at: lastSeenAt === null ? null : toTimestamp(lastSeenAt),
    has_catalogue: server.catalogueSha256 !== null,
  };
}

/** The GPU boxes that jobs can name. */
export async function listServers(ctx: ActorContext): Promise<ServerList> {
  const servers = await listServersWithLease(ctx.db);
  return { servers: servers.map((server) => viewServer(ctx, server)) };
}
