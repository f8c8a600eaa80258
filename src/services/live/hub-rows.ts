/** What a hub needs of the rows, which are the truth that it only hints at. */
import type { ServerMode } from "@mobilesd/contract";
import { findRunOwner } from "../../storage/live.ts";
import { findServerWithLease } from "../../storage/servers.ts";
import type { Context } from "../context.ts";
import { modeOf } from "../server-orders.ts";
import { isSeen } from "../server-sight.ts";

/** A server as its rows have it. */
export interface ServerRows {
  /** Whether its agent came lately, or holds a job. */
  readonly isSeen: boolean;
  readonly mode: ServerMode;
  /** The session that counts. */
  readonly sessionId: string | null;
}

/** Looks at a server's rows; undefined when there is no such server. */
export async function readServer(ctx: Context, alias: string): Promise<ServerRows | undefined> {
  const server = await findServerWithLease(ctx.db, alias);
  if (!server) return undefined;
  return { isSeen: isSeen(ctx, server), mode: modeOf(server), sessionId: server.sessionId };
}

/** Whose job a session of a server runs under an epoch; null when it does not hold it. */
export async function ownerOfRun(
  ctx: Context,
  alias: string,
  run: { readonly jobId: string; readonly epoch: number; readonly sessionId: string },
): Promise<string | null> {
  return (await findRunOwner(ctx.db, alias, run)) ?? null;
}
