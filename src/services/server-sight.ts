import { type HubLook, type LiveRun, UNKNOWN_LOOK } from "../domain/hub.ts";
import {
  isSeen as isSeenAt,
  lastSignOf,
  type ServerSight,
  type Sighting,
} from "../domain/presence.ts";
import { findRun } from "../domain/runs.ts";
import type { JobRow } from "../storage/jobs.ts";
import type { ServerRow, ServerWithLease } from "../storage/servers.ts";
import type { Context } from "./context.ts";
import { modeOf } from "./server-orders.ts";

/** A server as its rows and its hub know it at this moment. */
export interface SightedServer extends ServerSight {
  readonly look: HubLook;
}

/** Of a server that is not there any more. */
export const NO_SERVER: SightedServer = {
  isPresent: false,
  isActive: true,
  awaySince: null,
  look: UNKNOWN_LOOK,
};

/** Of a server that nobody looked at: its own agent just told what is shown, so it is there. */
export const HEARD_SERVER: SightedServer = { ...NO_SERVER, isPresent: true };

/** Whether the rows alone say that a server is there: then its hub need not be asked. */
export function isSeen(ctx: Context, server: Sighting): boolean {
  return isSeenAt(server, ctx.clock(), ctx.settings.durations);
}

/** What rows and hub say together. */
export function toSighted(
  ctx: Context,
  server: Sighting & Pick<ServerRow, "mode">,
  look: HubLook,
): SightedServer {
  const isThere = isSeen(ctx, server) || look.isAgentThere;
  return {
    isPresent: isThere,
    isActive: modeOf(server) === "active",
    awaySince: isThere ? null : lastSignOf(server, ctx.settings.durations),
    look,
  };
}

/**
 * How some servers are. A hub is asked where the rows alone call its server absent, and for those in `live`,
 * whose progress is wanted: one look a server, all at once.
 */
export async function sightServers(
  ctx: Context,
  servers: readonly ServerWithLease[],
  live: ReadonlySet<string>,
): Promise<Map<string, SightedServer>> {
  const sighted = servers.map(async (server) => {
    const needsLook = live.has(server.alias) || !isSeen(ctx, server);
    const look = needsLook ? await ctx.hubs.look(server.alias) : UNKNOWN_LOOK;
    return [server.alias, toSighted(ctx, server, look)] as const;
  });
  return new Map(await Promise.all(sighted));
}

/** A running job as its agent last told of it, under the lease that its row names. */
export function runOf(
  look: HubLook,
  job: Pick<JobRow, "mobilesdJobId" | "epoch" | "status">,
): LiveRun | undefined {
  if (job.status !== "processing") return undefined;
  return findRun(look.runs, job.mobilesdJobId, job.epoch);
}
