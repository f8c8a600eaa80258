import { type Complete, type LeaseEnded, LIMITS, type ManifestImage } from "@mobilesd/contract";
import { isNewTiming, learn, loadsOneCheckpoint } from "../../domain/estimate.ts";
import { fingerprintOf } from "../../domain/fingerprint.ts";
import type { JobChange } from "../../domain/job-machine.ts";
import { isSightingDue } from "../../domain/presence.ts";
import { picturesMaxOf, readStoredParams } from "../../domain/stored-params.ts";
import {
  epochPrefix,
  type FinishedJob,
  jobPrefix,
  resultKey,
  completeJob as storeCompletion,
} from "../../storage/images.ts";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { deleteObjects, sha256Of } from "../../storage/objects.ts";
import {
  findServer,
  type ServerColumns,
  timingOf,
  toTimingColumns,
} from "../../storage/servers.ts";
import { AppError, fieldError } from "../app-error.ts";
import { decide, untilUnmoved } from "../change-job.ts";
import type { ActorContext } from "../context.ts";
import { isLeaseOf, leaseRefusal, requireServersJob } from "../require-lease.ts";
import { tellOfJobs } from "../tell-hub.ts";

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
  const limit = params === null ? LIMITS.imagesPerJobMax : picturesMaxOf(params);
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

/** What the end of a job tells of its server: its timing, and that it is there. Null where nothing is new. */
async function learnOfServer(
  ctx: ActorContext,
  job: JobRow,
  input: Complete,
): Promise<ServerColumns | null> {
  const server = await findServer(ctx.db, job.targetServerAlias);
  if (!server) throw new AppError("lease_lost");
  const known = timingOf(server);
  const params = readStoredParams(job.generationParamsJson);
  const isOneLoad = params !== null && loadsOneCheckpoint(params);
  const learned = learn(known, {
    costMegapixelSteps: job.costMegapixelSteps,
    checkpointName: job.checkpointName,
    generationMs: input.generation_ms,
    modelLoadMs: isOneLoad ? input.model_load_ms : 0,
  });
  const now = ctx.clock();
  const columns = {
    ...(isNewTiming(known, learned) ? toTimingColumns(learned) : {}),
    ...(isSightingDue(server, now, ctx.settings.durations) ? { lastSeenAt: now } : {}),
  };
  return Object.keys(columns).length > 0 ? columns : null;
}

/** Writes the end of a job that the caller holds, and tells of it. Undefined: the row moved meanwhile. */
async function finish(
  ctx: ActorContext,
  job: JobRow,
  input: Complete,
  manifestSha256: string,
): Promise<JobRow | undefined> {
  await Promise.all(input.images.map((image) => requireStored(ctx, job, image)));
  const server = await learnOfServer(ctx, job, input);
  const change = decide(ctx, job, { type: "complete" });
  if (!change.ok) throw new AppError("lease_lost");
  const now = ctx.clock();
  const done = { complete: input, manifestSha256, server };
  const finished =
    change.value.status === "completed"
      ? await storeCompletion(ctx.db, job, change.value, done, now)
      : await cutOff(ctx, job, change.value, now);
  if (!finished) return undefined;
  tellOfJobs(ctx, job.targetServerAlias, { jobs: [finished.job], images: finished.images });
  return finished.job;
}

/** A cancel came before the end: there are no pictures then. */
async function cutOff(
  ctx: ActorContext,
  job: JobRow,
  change: JobChange,
  now: number,
): Promise<FinishedJob | undefined> {
  const saved = await applyChange(ctx.db, job, change, now);
  return saved && { job: saved, images: [] };
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
  const manifestSha256 = fingerprintOf(input.images);
  const done = await untilUnmoved(async () => {
    const job = await requireServersJob(ctx, id);
    requirePlausible(job, input.images);
    if (!isLeaseOf(ctx, job, input)) throw await leaseRefusal(ctx, job, sessionId);
    if (job.status === "completed") {
      if (job.manifestSha256 !== manifestSha256) throw new AppError("already_finished");
      return job;
    }
    if (job.agentSessionId !== sessionId) throw await leaseRefusal(ctx, job, sessionId);
    return finish(ctx, job, input, manifestSha256);
  });
  if (done.status === "cancelled") throw new AppError("job_cancelled");
  // What earlier leases stored belongs to nobody; the nightly clean-up finds what this misses.
  if (done.epoch > 1) ctx.defer(deleteObjects(ctx.bucket, jobPrefix(done), epochPrefix(done)));
  ctx.log("job_completed", { job_id: id, epoch: done.epoch, images: input.images.length });
  return { status: done.status, status_reason: done.statusReason };
}
