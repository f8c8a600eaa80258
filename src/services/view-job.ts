import type { JobError, JobImage, JobView, StatusReason } from "@mobilesd/contract";
import { signedImageUrl } from "../domain/image-url.ts";
import { shownReason } from "../domain/presence.ts";
import { readWarnings } from "../domain/result-details.ts";
import { readStoredParams } from "../domain/stored-params.ts";
import { toTimestamp } from "../storage/database.ts";
import { type ImageRow, nameOf } from "../storage/images.ts";
import type { JobRow } from "../storage/jobs.ts";
import type { Context } from "./context.ts";
import type { SightedServer } from "./server-sight.ts";
import { toldProgress } from "./told-progress.ts";

function viewImage(ctx: Context, image: ImageRow): JobImage {
  const name = nameOf(image);
  const url = (kind: "preview" | "download") =>
    signedImageUrl(ctx.origin, kind, name, ctx.clock(), ctx.settings.urlSigningKey);
  return {
    name,
    preview_url: image.previewKey === null ? null : url("preview"),
    download_url: url("download"),
    width: image.width,
    height: image.height,
    seed: image.seed,
    infotext: image.infotext,
  };
}

/** Old rows may hold parameters from before the schema: those are shown as they are. */
function readParams(json: string): JobView["generation_params"] {
  const params = readStoredParams(json);
  if (params !== null) return params;
  const old = parseJson(json);
  return typeof old === "object" && old !== null ? { ...old } : {};
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Progress has no column: it is the hub's while the job runs, and 100 when it is done. */
function progressOf(ctx: Context, job: JobRow, { look }: SightedServer): number {
  if (job.status === "processing") return toldProgress(ctx, look, job);
  return job.status === "completed" ? 100 : 0;
}

/** Since when the box is away that a job waits for. */
function viewAbsence(reason: StatusReason | null, { awaySince }: SightedServer) {
  const isWaiting = reason === "waiting_for_server" || reason === "agent_offline";
  return isWaiting && awaySince !== null ? { server_away_since: toTimestamp(awaySince) } : {};
}

/** What the status and the lists have in common. */
export function viewCore(
  ctx: Context,
  job: JobRow,
  images: readonly ImageRow[],
  server: SightedServer,
) {
  const reason = shownReason(job, server) as StatusReason | null;
  return {
    mobilesd_job_id: job.mobilesdJobId,
    app_type: job.appType,
    status: job.status as JobView["status"],
    status_reason: reason,
    progress: progressOf(ctx, job, server),
    creation_timestamp: job.creationTimestamp,
    last_updated_timestamp: job.lastUpdatedTimestamp,
    started_timestamp: job.startedTimestamp,
    completion_timestamp: job.completionTimestamp,
    target_server_alias: job.targetServerAlias,
    server_alias: job.serverAlias,
    ...viewAbsence(reason, server),
    generation_params: readParams(job.generationParamsJson),
    retry_count: job.retryCount,
    error: job.errorJson === null ? null : (parseJson(job.errorJson) as JobError),
    warnings: readWarnings(job.resultDetailsJson),
    images: images.map((image) => viewImage(ctx, image)),
  };
}

/** A job in a list. */
export function viewJob(
  ctx: Context,
  job: JobRow,
  images: readonly ImageRow[],
  server: SightedServer,
): JobView {
  const time = (ms: number | null) => (ms === null ? null : toTimestamp(ms));
  return {
    ...viewCore(ctx, job, images, server),
    priority: job.priority,
    source_info: job.sourceInfo,
    name: job.name,
    tags: JSON.parse(job.tagsJson) as string[],
    group_id: job.groupId,
    not_before: time(job.notBefore),
    start_by: time(job.startBy),
    retry_of: job.retryOf,
    attempt_count: job.attemptCount,
    interruption_count: job.interruptionCount,
  };
}
