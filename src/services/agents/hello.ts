import { type Hello, type HelloAnswer, ID_PREFIX } from "@mobilesd/contract";
import { randomBase62 } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import { applyChange } from "../../storage/jobs.ts";
import { findJobsOfOtherSessions } from "../../storage/queue.ts";
import { findServer, updateServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import { decide } from "../change-job.ts";
import type { ActorContext } from "../context.ts";
import { ordersOf } from "../server-orders.ts";

/** How often rows that moved meanwhile are looked at again; a replaced session can move none for long. */
const LOOKS_MAX = 5;

/** What an earlier session held is cut short: that agent is gone, or drains from now on. */
async function endOtherSessions(ctx: ActorContext, alias: string, sessionId: string) {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const held = await findJobsOfOtherSessions(ctx.db, alias, sessionId);
    if (held.length === 0) return;
    for (const job of held) {
      const change = decide(ctx, job, { type: "session_replaced" });
      if (change.ok) await applyChange(ctx.db, job, change.value, ctx.clock());
      const { mobilesdJobId, epoch } = job;
      ctx.log("run_cut_short", {
        status: change.ok ? (change.value.status ?? job.status) : job.status,
        job_id: mobilesdJobId,
        epoch,
        server_alias: alias,
      });
    }
  }
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
  await endOtherSessions(ctx, server.alias, sessionId);
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
