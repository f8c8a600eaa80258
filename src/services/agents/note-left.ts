import { noteLeft } from "../../storage/servers.ts";
import type { Context } from "../context.ts";

/**
 * Notes when the socket of a server's agent was lost and did not come back: an agent that is connected is
 * seen by its hub alone, so nothing else would tell since when it is away. Milliseconds since the epoch.
 */
export async function noteAgentLeft(ctx: Context, alias: string, at: number): Promise<void> {
  await noteLeft(ctx.db, alias, at);
  ctx.log("agent_left", { server_alias: alias });
}
