import { type Hello, type HelloAnswer, ID_PREFIX } from "@mobilesd/contract";
import { randomBase62 } from "../../domain/credentials.ts";
import { toTimestamp } from "../../storage/database.ts";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { findJobsOfOtherSessions } from "../../storage/queue.ts";
import { findServer, updateServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import { decide } from "../change-job.ts";
import type { ActorContext } from "../context.ts";
import { modeOf, ordersOf } from "../server-orders.ts";
import { tellOfJobs } from "../tell-hub.ts";

/** How often rows that moved meanwhile are looked at again; a replaced session can move none for long. */
const LOOKS_MAX = 5;

/** Cuts one run short. Undefined: nothing changed. */
async function endRun(ctx: ActorContext, job: JobRow): Promise<JobRow | undefined> {
  const change = decide(ctx, job, { type: "session_replaced" });
  const saved = change.ok ? await applyChange(ctx.db, job, change.value, ctx.clock()) : undefined;
  ctx.log("run_cut_short", {
    status: saved?.status ?? job.status,
    job_id: job.mobilesdJobId,
    epoch: job.epoch,
    server_alias: job.targetServerAlias,
  });
  return saved;
}

/**
 * What an earlier session held is cut short: that agent is gone, or drains from now on. Answers the rows that
 * changed.
 */
async function endOtherSessions(
  ctx: ActorContext,
  alias: string,
  sessionId: string,
): Promise<JobRow[]> {
  const ended: JobRow[] = [];
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const held = await findJobsOfOtherSessions(ctx.db, alias, sessionId);
    if (held.length === 0) break;
    for (const job of held) {
      const saved = await endRun(ctx, job);
      if (saved) ended.push(saved);
    }
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
  tellOfJobs(ctx, server.alias, { jobs: ended }, { sessionId, mode: modeOf(server) });
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
