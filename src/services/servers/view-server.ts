import type { ServerView } from "@mobilesd/contract";
import { ownerScope } from "../../domain/access.ts";
import type { HubLook } from "../../domain/hub.ts";
import { outcomeOf } from "../../domain/place.ts";
import { lastSignOf } from "../../domain/presence.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { HeldJob, ServersQueue } from "../../storage/places.ts";
import type { ServerWithLease } from "../../storage/servers.ts";
import type { ActorContext } from "../context.ts";
import { modeOf } from "../server-orders.ts";
import { toSighted } from "../server-sight.ts";
import { lineOf, workOf } from "../server-work.ts";
import { toldProgress } from "../told-progress.ts";

/** A job that nobody has queued: what it would do does not matter to when it would start. */
const ANY_JOB = { costMegapixelSteps: 0, checkpointName: "", notBefore: null };

/** Whether a caller may know which job it is: their own, any that they may see, or what their own box runs. */
function mayKnow({ actor }: ActorContext, server: ServerWithLease, job: HeldJob): boolean {
  const scope = ownerScope(actor);
  return scope === null || scope === job.ownerId || actor.serverAlias === server.alias;
}

function viewCurrentJob(
  ctx: ActorContext,
  server: ServerWithLease,
  held: readonly HeldJob[],
  look: HubLook,
): ServerView["current_job"] {
  const now = ctx.clock();
  const line = lineOf(server, held, look, now);
  const isThere = toSighted(ctx, server, look).isPresent;
  if (!line || !isThere || line.current.statusReason === "agent_offline") return null;
  const { current: job, restMs } = line;
  return {
    mobilesd_job_id: mayKnow(ctx, server, job) ? job.mobilesdJobId : null,
    progress: toldProgress(ctx, look, job),
    estimated_completion_time: toTimestamp(now + restMs),
  };
}

/** What only the box itself knows. */
function viewBox({ isAgentThere, box }: HubLook) {
  return {
    is_connected: isAgentThere,
    free_vram_bytes: box?.freeVramBytes ?? null,
    loaded_checkpoint: box?.loadedCheckpoint ?? null,
    forge_state: box?.forge ?? null,
  };
}

/** A GPU box as the caller may see it. */
export function viewServer(
  ctx: ActorContext,
  server: ServerWithLease,
  { waiting, held }: ServersQueue,
  look: HubLook,
): ServerView {
  const now = ctx.clock();
  const { startAt, isMinimum } = outcomeOf(ANY_JOB, waiting, workOf(server, held, look, now), now);
  const { forgeJson, gpuJson } = server;
  const sighted = toSighted(ctx, server, look);
  const lastSeenAt = look.isAgentThere ? now : lastSignOf(server, ctx.settings.durations);
  return {
    alias: server.alias,
    forge: forgeJson === null ? null : (JSON.parse(forgeJson) as ServerView["forge"]),
    agent_version: server.agentVersion,
    session_started_at: server.sessionStartedAt,
    is_present: sighted.isPresent,
    last_seen_at: lastSeenAt === null ? null : toTimestamp(lastSeenAt),
    mode: modeOf(server),
    gpu: gpuJson === null ? null : (JSON.parse(gpuJson) as ServerView["gpu"]),
    ...viewBox(look),
    current_job: viewCurrentJob(ctx, server, held, look),
    held_jobs: held.length,
    has_catalogue: server.catalogueSha256 !== null,
    queue_length: waiting.length,
    ...(isMinimum ? { queue_length_is_minimum: true as const } : {}),
    estimated_start_time: toTimestamp(startAt),
  };
}
