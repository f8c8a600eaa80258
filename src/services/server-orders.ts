import type { ServerMode, ServerOrders } from "@mobilesd/contract";
import { toTimestamp } from "../storage/database.ts";
import type { ServerRow } from "../storage/servers.ts";

/** Whether a server takes jobs, as its owner last told it. */
export function modeOf(server: Pick<ServerRow, "mode">): ServerMode {
  return server.mode as ServerMode;
}

/** What the owner of a server last told it, in the words in which its agent hears it. */
export function ordersOf(server: Pick<ServerRow, "mode" | "unloadRequestedAt">): ServerOrders {
  const { unloadRequestedAt } = server;
  return {
    mode: modeOf(server),
    unload_requested_at: unloadRequestedAt === null ? null : toTimestamp(unloadRequestedAt),
  };
}
