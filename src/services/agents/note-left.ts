import { lastSignOf } from "../../domain/presence.ts";
import { findServerWithLease, noteLeft } from "../../storage/servers.ts";
import type { Context } from "../context.ts";

/**
 * Notes when the socket of a server's agent was lost and did not come back: an agent that is connected is
 * seen by its hub alone, so nothing else would tell since when it is away. Milliseconds since the epoch. What
 * the rows have seen of it up to now is noted with it: none of that tells any more that it is there.
 */
export async function noteAgentLeft(ctx: Context, alias: string, at: number): Promise<void> {
  const server = await findServerWithLease(ctx.db, alias);
  const seenAt = server && lastSignOf(server, ctx.settings.durations);
  await noteLeft(ctx.db, alias, Math.max(at, seenAt ?? 0));
  ctx.log("agent_left", { server_alias: alias });
}
