import type { ServerList, ServerView } from "@mobilesd/contract";
import { listServers as listRows, type ServerRow } from "../../storage/servers.ts";
import type { ActorContext } from "../context.ts";

function viewServer(server: ServerRow): ServerView {
  return {
    alias: server.alias,
    forge: server.forgeJson === null ? null : (JSON.parse(server.forgeJson) as ServerView["forge"]),
    agent_version: server.agentVersion,
    session_started_at: server.sessionStartedAt,
    has_catalogue: server.catalogueSha256 !== null,
  };
}

/** The GPU boxes that jobs can name. */
export async function listServers(ctx: ActorContext): Promise<ServerList> {
  return { servers: (await listRows(ctx.db)).map(viewServer) };
}
