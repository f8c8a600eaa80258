import { type SubmitAnswer, uploadsOf } from "@mobilesd/contract";
import { shownReason } from "../../domain/presence.ts";
import { uploadIdsOf } from "../../domain/stored-params.ts";
import { findIdempotencyRecord } from "../../storage/idempotency.ts";
import { insertJob, toNewRow } from "../../storage/jobs.ts";
import { findServer, type ServerRow } from "../../storage/servers.ts";
import { findUploads } from "../../storage/uploads.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { noSuchServer } from "../no-such-server.ts";
import { tellOfJobs } from "../tell-hub.ts";
import type { JobDraft } from "./build-job.ts";
import { estimatePlace } from "./place.ts";
import type { Resolved } from "./resolve-params.ts";

/** A request that may be repeated: what it means, and under which key it came, if any. */
export interface Repeatable {
  readonly key: string | null;
  readonly fingerprint: string;
}

/** A job with the server it goes to and its parameters as that server understands them. */
export interface ReadyJob {
  readonly server: ServerRow;
  readonly resolved: Resolved;
  readonly job: JobDraft;
}

/** The server of that name, or the error that lists those there are. */
export async function requireServer(ctx: ActorContext, alias: string): Promise<ServerRow> {
  const field = "target_server_alias";
  if (alias === "any") throw fieldError("not_built", field, "name a server; `any` comes later");
  const server = await findServer(ctx.db, alias);
  if (server) return server;
  throw await noSuchServer(ctx, "unknown_server", field);
}

/** The uploads that parameters name, all of which must be there and belong to an owner. */
export async function requireUploads(
  ctx: ActorContext,
  resolved: Resolved,
  ownerId: string,
): Promise<string[]> {
  const ids = uploadIdsOf(resolved.params);
  const found = await findUploads(ctx.db, ids, ownerId);
  const missing = uploadsOf(resolved.params).find(
    ({ upload_id }) => !found.some((upload) => upload.id === upload_id),
  );
  if (!missing) return ids;
  const field = `generation_params.${missing.field}`;
  throw fieldError("unknown_upload", field, "no such upload, or it has expired");
}

/** The answer to an earlier request under the same key. Throws when that was another request. */
export async function findReplay(
  ctx: ActorContext,
  { key, fingerprint }: Repeatable,
): Promise<SubmitAnswer | undefined> {
  if (key === null) return undefined;
  const record = await findIdempotencyRecord(ctx.db, ctx.actor.ownerId, key);
  if (!record) return undefined;
  if (record.fingerprint !== fingerprint) throw new AppError("idempotency_key_reused");
  return JSON.parse(record.answerJson) as SubmitAnswer;
}

function recordOf(
  { actor, clock }: ActorContext,
  { key, fingerprint }: Repeatable,
  answer: SubmitAnswer,
) {
  if (key === null) return null;
  const answerJson = JSON.stringify(answer);
  return { ownerId: actor.ownerId, key, fingerprint, answerJson, createdAt: clock() };
}

/** What the answer says of a job that is about to be queued: its place, its start, and why it waits. */
export async function describePlace(ctx: ActorContext, { server, job }: ReadyJob) {
  const { priority, creationTimestamp, mobilesdJobId: id } = job;
  const place = { priority, creationTimestamp, id };
  const { estimate, server: sighted } = await estimatePlace(ctx, server, job, place);
  const { estimated_completion_time: _, ...shown } = estimate;
  const status_reason = shownReason({ ...job, leaseHash: null }, sighted);
  return { described: { ...shown, status_reason }, sighted };
}

/** An answer that says whether it is that of an earlier request under the same key. */
export interface Queued {
  readonly answer: SubmitAnswer;
  readonly isReplayed: boolean;
}

/**
 * Queues a job that has been looked at. Job and idempotency record are one batch, so a repeated request,
 * even one that raced the first, finds either both or neither.
 */
export async function enqueue(
  ctx: ActorContext,
  ready: ReadyJob,
  uploadIds: readonly string[],
  request: Repeatable,
): Promise<Queued> {
  const { job, server, resolved } = ready;
  const { described, sighted } = await describePlace(ctx, ready);
  const { status_reason, ...estimate } = described;
  const answer: SubmitAnswer = {
    success: true,
    mobilesd_job_id: job.mobilesdJobId,
    ...estimate,
    status_url: `${ctx.origin}/api/v1/queue/jobs/${job.mobilesdJobId}/status`,
    status_reason,
  };
  try {
    await insertJob(ctx.db, job, recordOf(ctx, request, answer), uploadIds);
  } catch (error) {
    // Of two requests with one key at once the second breaks on the record; its job went with the batch.
    const winner = await findReplay(ctx, request);
    if (winner) return { answer: winner, isReplayed: true };
    // Uploads may have been cleaned up since they were looked at.
    await requireUploads(ctx, resolved, job.ownerId);
    throw error;
  }
  tellOfJobs(ctx, server.alias, { jobs: [toNewRow(job)], server: sighted });
  ctx.log("job_submitted", {
    job_id: job.mobilesdJobId,
    server_alias: server.alias,
    ...(job.retryOf ? { retry_of: job.retryOf } : {}),
  });
  return { answer, isReplayed: false };
}
