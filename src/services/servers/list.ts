import type { ServerList, ServerView } from "@mobilesd/contract";
import { outcomeOf } from "../../domain/place.ts";
import { isPresent } from "../../domain/presence.ts";
import { toTimestamp } from "../../storage/database.ts";
import { findQueues, type ServersQueue } from "../../storage/places.ts";
import { listServersWithLease, type ServerWithLease } from "../../storage/servers.ts";
import type { ActorContext } from "../context.ts";
import { workOf } from "../server-work.ts";

/** A job that nobody has queued: what it would do does not matter to when it would start. */
const ANY_JOB = { costMegapixelSteps: 0, checkpointName: "", notBefore: null };

function viewServer(
  ctx: ActorContext,
  server: ServerWithLease,
  { waiting, held }: ServersQueue,
): ServerView {
  const { lastSeenAt } = server;
  const now = ctx.clock();
  const { startAt, isMinimum } = outcomeOf(ANY_JOB, waiting, workOf(server, held, now), now);
  return {
    alias: server.alias,
    forge: server.forgeJson === null ? null : (JSON.parse(server.forgeJson) as ServerView["forge"]),
    agent_version: server.agentVersion,
    session_started_at: server.sessionStartedAt,
    is_present: isPresent(server, now, ctx.settings.durations),
    last_seen_at: lastSeenAt === null ? null : toTimestamp(lastSeenAt),
    has_catalogue: server.catalogueSha256 !== null,
    queue_length: waiting.length,
    ...(isMinimum ? { queue_length_is_minimum: true as const } : {}),
    estimated_start_time: toTimestamp(startAt),
  };
}

const NOTHING: ServersQueue = { waiting: [], held: [] };

/** The GPU boxes that jobs can name, with how long their queues are; `positionMax` rows of each are read. */
export async function listServers(ctx: ActorContext): Promise<ServerList> {
  const servers = await listServersWithLease(ctx.db);
  const queues = await findQueues(ctx.db, new Set(servers.map((server) => server.alias)));
  return {
    servers: servers.map((server) => viewServer(ctx, server, queues.get(server.alias) ?? NOTHING)),
  };
}
