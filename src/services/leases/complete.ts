import { type Complete, type LeaseEnded, LIMITS, type ManifestImage } from "@mobilesd/contract";
import { isNewTiming, learn } from "../../domain/estimate.ts";
import { fingerprintOf } from "../../domain/fingerprint.ts";
import { picturesOf, readStoredParams } from "../../domain/stored-params.ts";
import {
  epochPrefix,
  jobPrefix,
  resultKey,
  completeJob as storeCompletion,
} from "../../storage/images.ts";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { deleteObjects, sha256Of } from "../../storage/objects.ts";
import { findServer, timingOf } from "../../storage/servers.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { changeLeased, isLeaseOf, leaseRefusal, requireServersJob } from "./require-lease.ts";

async function isStored(
  ctx: ActorContext,
  key: string,
  wanted: { bytes: number; sha256: string },
): Promise<boolean> {
  const object = await ctx.bucket.head(key);
  return object !== null && object.size === wanted.bytes && sha256Of(object) === wanted.sha256;
}

/** A job has the pictures that were asked for: each number once, from 1 on, and no others. */
function requirePlausible(job: JobRow, images: readonly ManifestImage[]): void {
  const params = readStoredParams(job.generationParamsJson);
  const limit = params === null ? LIMITS.imagesPerJobMax : picturesOf(params);
  const seen = new Set<number>();
  for (const [at, { index }] of images.entries()) {
    const message = seen.has(index) ? "announced twice" : "more pictures than were asked for";
    if (seen.has(index) || index > limit) {
      throw fieldError("invalid_request", `images.${at}.index`, message, { limit });
    }
    seen.add(index);
  }
}

/** Every announced object must lie in R2, whole, before a row speaks of it. */
async function requireStored(ctx: ActorContext, job: JobRow, image: ManifestImage): Promise<void> {
  const hasImage = await isStored(ctx, resultKey(job, image.index, "image"), image);
  const hasPreview =
    image.preview === null ||
    (await isStored(ctx, resultKey(job, image.index, "preview"), image.preview));
  if (!hasImage || !hasPreview) {
    throw fieldError(
      "image_missing",
      `images.${image.index}`,
      "not stored with this size and sha256",
    );
  }
}

/**
 * Finishes a job whose pictures are all stored. Repeated with the same manifest under the same lease it
 * answers the same; after a cancel it is refused, and the job is cancelled.
 */
export async function completeJob(
  ctx: ActorContext,
  id: string,
  input: Complete,
  sessionId: string | null,
): Promise<LeaseEnded> {
  const job = await requireServersJob(ctx, id);
  requirePlausible(job, input.images);
  if (!isLeaseOf(ctx, job, input)) throw await leaseRefusal(ctx, job, sessionId);
  const manifestSha256 = fingerprintOf(input.images);
  if (job.status === "completed") {
    if (job.manifestSha256 !== manifestSha256) throw new AppError("already_finished");
    return { status: job.status, status_reason: job.statusReason };
  }
  if (job.agentSessionId !== sessionId) throw await leaseRefusal(ctx, job, sessionId);
  await Promise.all(input.images.map((image) => requireStored(ctx, job, image)));
  const server = await findServer(ctx.db, job.targetServerAlias);
  if (!server) throw new AppError("lease_lost");
  const known = timingOf(server);
  const learned = learn(known, {
    costMegapixelSteps: job.costMegapixelSteps,
    generationMs: input.generation_ms,
    modelLoadMs: input.model_load_ms,
  });
  const timing = isNewTiming(known, learned) ? learned : null;
  const done = await changeLeased(ctx, job, { type: "complete" }, (change, now) =>
    change.status === "completed"
      ? storeCompletion(ctx.db, job, change, { complete: input, manifestSha256, timing }, now)
      : applyChange(ctx.db, job, change, now),
  );
  if (!done) throw await leaseRefusal(ctx, await requireServersJob(ctx, id), sessionId);
  if (done.status === "cancelled") throw new AppError("job_cancelled");
  // What earlier leases stored belongs to nobody; the nightly clean-up finds what this misses.
  if (job.epoch > 1) ctx.defer(deleteObjects(ctx.bucket, jobPrefix(job), epochPrefix(job)));
  ctx.log("job_completed", { job_id: id, epoch: job.epoch, images: input.images.length });
  return { status: done.status, status_reason: done.statusReason };
}
