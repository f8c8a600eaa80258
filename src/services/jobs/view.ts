import type { JobError, JobImage, JobStatusView, JobView, StatusReason } from "@mobilesd/contract";
import { signedImageUrl } from "../../domain/image-url.ts";
import { shownReason } from "../../domain/presence.ts";
import { readWarnings } from "../../domain/result-details.ts";
import { readStoredParams } from "../../domain/stored-params.ts";
import { toTimestamp } from "../../storage/database.ts";
import { type ImageRow, nameOf } from "../../storage/images.ts";
import type { JobRow } from "../../storage/jobs.ts";
import type { Context } from "../context.ts";
import type { Outlook } from "./place.ts";

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
function readParams(json: string): JobStatusView["generation_params"] {
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

/** What the status and the lists have in common. Progress has no column: it is 0, then 100. */
function viewCore(
  ctx: Context,
  job: JobRow,
  images: readonly ImageRow[],
  isServerPresent: boolean,
) {
  return {
    mobilesd_job_id: job.mobilesdJobId,
    app_type: job.appType,
    status: job.status as JobView["status"],
    status_reason: shownReason(job, isServerPresent) as StatusReason | null,
    progress: job.status === "completed" ? 100 : 0,
    creation_timestamp: job.creationTimestamp,
    last_updated_timestamp: job.lastUpdatedTimestamp,
    started_timestamp: job.startedTimestamp,
    completion_timestamp: job.completionTimestamp,
    target_server_alias: job.targetServerAlias,
    server_alias: job.serverAlias,
    generation_params: readParams(job.generationParamsJson),
    retry_count: job.retryCount,
    error: job.errorJson === null ? null : (parseJson(job.errorJson) as JobError),
    warnings: readWarnings(job.resultDetailsJson),
    images: images.map((image) => viewImage(ctx, image)),
  };
}

/** The body of the enhanced status, with exactly the fields of the interface. */
export function viewStatus(
  ctx: Context,
  job: JobRow,
  images: readonly ImageRow[],
  { estimate, isServerPresent }: Outlook,
): JobStatusView {
  return { ...viewCore(ctx, job, images, isServerPresent), ...estimate };
}

/** A job in a list. */
export function viewJob(
  ctx: Context,
  job: JobRow,
  images: readonly ImageRow[],
  isServerPresent: boolean,
): JobView {
  const time = (ms: number | null) => (ms === null ? null : toTimestamp(ms));
  return {
    ...viewCore(ctx, job, images, isServerPresent),
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
