import type { ResolvedParams } from "@mobilesd/contract";
import { fingerprintOf } from "../../domain/fingerprint.ts";
import { isTerminal } from "../../domain/job-machine.ts";
import { readStoredParams, toAskedParams } from "../../domain/stored-params.ts";
import type { JobRow } from "../../storage/jobs.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { buildJob, type JobWish } from "./build-job.ts";
import { enqueue, findReplay, type Queued, requireServer, requireUploads } from "./enqueue.ts";
import { requireJob } from "./read.ts";
import { requireSound, resolveParams } from "./resolve-params.ts";

/** What of a finished job holds for the next one; the times it was bound to are over. */
function wishOf(job: JobRow): JobWish {
  return {
    priority: job.priority,
    tags: JSON.parse(job.tagsJson) as string[],
    ...(job.name === null ? {} : { name: job.name }),
    ...(job.groupId === null ? {} : { group_id: job.groupId }),
    ...(job.sourceInfo === null ? {} : { source_info: job.sourceInfo }),
  };
}

function requireParams(job: JobRow): ResolvedParams {
  const params = readStoredParams(job.generationParamsJson);
  if (params) return params;
  const message = "this job is older than the interface and can only be made anew";
  throw fieldError("invalid_request", "generation_params", message);
}

/**
 * Queues a finished job once more: a new job of the same owner with the same parameters, server, priority,
 * name and tags, and with counts that start anew. It is checked like any request, so a name that is gone from
 * the server since is refused. Both name the same uploads, which stay as long as one of them does.
 * Throws `job_not_finished` while the job is still to come or running.
 */
export async function retryJob(
  ctx: ActorContext,
  id: string,
  idempotencyKey: string | null,
): Promise<Queued> {
  const request = { key: idempotencyKey, fingerprint: fingerprintOf({ retry_of: id }) };
  const earlier = await findReplay(ctx, request);
  if (earlier) return { answer: earlier, isReplayed: true };
  const old = await requireJob(ctx, id);
  if (!isTerminal(old.status as Parameters<typeof isTerminal>[0])) {
    throw new AppError("job_not_finished");
  }
  const origin = { ownerId: old.ownerId ?? ctx.actor.ownerId, retryOf: old.mobilesdJobId };
  const params = requireSound(toAskedParams(requireParams(old)));
  const server = await requireServer(ctx, old.targetServerAlias);
  const resolved = await resolveParams(ctx, server, params);
  const uploadIds = await requireUploads(ctx, resolved, origin.ownerId);
  const job = buildJob(ctx, wishOf(old), server, resolved, origin);
  return enqueue(ctx, { server, resolved, job }, uploadIds, request);
}
