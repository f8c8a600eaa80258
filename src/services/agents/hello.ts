import { type Hello, type HelloAnswer, ID_PREFIX } from "@mobilesd/contract";
import { randomBase62 } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { findJobsOfOtherSessions } from "../../storage/queue.ts";
import { findServer, updateServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { endLeases } from "../end-leases.ts";
import { ordersOf } from "../server-orders.ts";
import { tellOfJobs } from "../tell-hub.ts";

/** What an earlier session held is cut short: that agent is gone, or drains from now on. */
async function endOtherSessions(
  ctx: ActorContext,
  alias: string,
  sessionId: string,
): Promise<JobRow[]> {
  const find = () => findJobsOfOtherSessions(ctx.db, alias, sessionId);
  const ended = await endLeases(ctx, find, { type: "session_replaced" });
  for (const { mobilesdJobId: job_id, status, epoch } of ended) {
    ctx.log("run_cut_short", { status, job_id, epoch, server_alias: alias });
  }
  return ended;
}

/**
 * Starts a session of an agent. The newest session of a server wins: what an older one held goes back to
 * the queue, as an interruption that costs no attempt.
 */
export async function hello(ctx: ActorContext, input: Hello): Promise<HelloAnswer> {
  const server = await findServer(ctx.db, ctx.actor.serverAlias ?? "");
  if (!server) throw new AppError("not_found");
  const sessionId = ID_PREFIX.session + randomBase62(22, ctx.randomBytes);
  const now = ctx.clock();
  await updateServer(ctx.db, server.alias, {
    sessionId,
    sessionStartedAt: toTimestamp(now),
    lastSeenAt: now,
    agentVersion: input.agent_version,
    forgeJson: JSON.stringify(input.forge),
    gpuJson: JSON.stringify(input.gpu),
  });
  const ended = await endOtherSessions(ctx, server.alias, sessionId);
  tellOfJobs(ctx, server.alias, { jobs: ended }, { sessionId });
  ctx.log("agent_hello", { server_alias: server.alias, agent_version: input.agent_version });
  return {
    session_id: sessionId,
    server_alias: server.alias,
    server_time: toTimestamp(now),
    catalogue_wanted:
      input.catalogue_sha256 !== null && input.catalogue_sha256 !== server.catalogueSha256,
    durations: ctx.settings.durations,
    orders: ordersOf(server),
  };
}
