import { readStoredParams, uploadIdsOf } from "../../domain/stored-params.ts";
import { jobPrefix } from "../../storage/images.ts";
import { deleteJobRows } from "../../storage/jobs.ts";
import { deleteObjects } from "../../storage/objects.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { tellOfDeletion } from "../tell-hub.ts";
import { requireJob } from "./read.ts";

/** Deletes a job with its rows and pictures. A job that is being processed must be cancelled first. */
export async function deleteJob(ctx: ActorContext, id: string): Promise<void> {
  const job = await requireJob(ctx, id);
  if (job.status === "processing") throw new AppError("job_processing");
  const params = readStoredParams(job.generationParamsJson);
  const deleted = await deleteJobRows(ctx.db, job, params === null ? [] : uploadIdsOf(params));
  if (!deleted) throw new AppError("job_processing");
  tellOfDeletion(ctx, deleted);
  await deleteObjects(ctx.bucket, jobPrefix(job));
  ctx.log("job_deleted", { job_id: id });
}
