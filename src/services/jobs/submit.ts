import {
  type DryRunAnswer,
  type SubmitAnswer,
  type SubmitJob,
  uploadsOf,
} from "@mobilesd/contract";
import { fingerprintOf } from "../../domain/fingerprint.ts";
import { shownReason } from "../../domain/presence.ts";
import { uploadIdsOf } from "../../domain/stored-params.ts";
import { findIdempotencyRecord } from "../../storage/idempotency.ts";
import { insertJob } from "../../storage/jobs.ts";
import { findServer, listServers, type ServerRow } from "../../storage/servers.ts";
import { findUploads } from "../../storage/uploads.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { buildJob, type JobDraft } from "./build-job.ts";
import { estimatePlace } from "./place.ts";
import { type Resolved, readParams, resolveParams } from "./resolve-params.ts";

export interface Submitted {
  readonly answer: SubmitAnswer | DryRunAnswer;
  /** The answer is that of an earlier request under the same key. */
  readonly isReplayed: boolean;
}

async function requireServer(ctx: ActorContext, alias: string): Promise<ServerRow> {
  const field = "target_server_alias";
  if (alias === "any") throw fieldError("not_built", field, "name a server; `any` comes later");
  const server = await findServer(ctx.db, alias);
  if (server) return server;
  const choices = (await listServers(ctx.db)).map((one) => one.alias);
  throw fieldError("unknown_server", field, "no server of this name", { choices });
}

async function requireUploads(ctx: ActorContext, resolved: Resolved): Promise<string[]> {
  const ids = uploadIdsOf(resolved.params);
  const found = await findUploads(ctx.db, ids, ctx.actor.ownerId);
  const missing = uploadsOf(resolved.params).find(
    ({ upload_id }) => !found.some((upload) => upload.id === upload_id),
  );
  if (!missing) return ids;
  const field = `generation_params.${missing.field}`;
  throw fieldError("unknown_upload", field, "no such upload, or it has expired");
}

async function findReplay(
  ctx: ActorContext,
  idempotencyKey: string | null,
  fingerprint: string,
): Promise<Submitted | undefined> {
  if (idempotencyKey === null) return undefined;
  const record = await findIdempotencyRecord(ctx.db, ctx.actor.ownerId, idempotencyKey);
  if (!record) return undefined;
  if (record.fingerprint !== fingerprint) throw new AppError("idempotency_key_reused");
  return { answer: JSON.parse(record.answerJson) as SubmitAnswer, isReplayed: true };
}

function recordOf(
  { actor, clock }: ActorContext,
  key: string,
  fingerprint: string,
  answer: SubmitAnswer,
) {
  const answerJson = JSON.stringify(answer);
  return { ownerId: actor.ownerId, key, fingerprint, answerJson, createdAt: clock() };
}

/** What a request means: the job that it would queue, where, and with which uploads. */
async function resolveRequest(ctx: ActorContext, input: SubmitJob) {
  if (input.webhook_url !== undefined) {
    throw fieldError("not_built", "webhook_url", "webhooks are not built yet");
  }
  const params = readParams(input);
  const server = await requireServer(ctx, input.target_server_alias);
  const resolved = await resolveParams(ctx, server, params);
  const uploadIds = await requireUploads(ctx, resolved);
  return { server, resolved, uploadIds, job: buildJob(ctx, input, server, resolved) };
}

/** What the answer says of a job that is about to be queued: its place, its start, and why it waits. */
async function describePlace(ctx: ActorContext, server: ServerRow, job: JobDraft) {
  const { priority, creationTimestamp, mobilesdJobId: id } = job;
  const place = { priority, creationTimestamp, id };
  const { estimate, isServerPresent } = await estimatePlace(ctx, server, job, place);
  const { estimated_completion_time: _, ...shown } = estimate;
  return { ...shown, status_reason: shownReason({ ...job, leaseHash: null }, isServerPresent) };
}

/**
 * Queues a job, or with `dry_run` says where it would stand. Job and idempotency record are one batch, so
 * a repeated request, even one that raced the first, finds either both or neither.
 */
export async function submitJob(
  ctx: ActorContext,
  input: SubmitJob,
  idempotencyKey: string | null,
): Promise<Submitted> {
  const fingerprint = fingerprintOf(input);
  const earlier = await findReplay(ctx, idempotencyKey, fingerprint);
  if (earlier) return earlier;
  const { server, resolved, uploadIds, job } = await resolveRequest(ctx, input);
  const { status_reason, ...estimate } = await describePlace(ctx, server, job);
  if (input.dry_run) {
    const answer = { success: true, dry_run: true, ...estimate, status_reason } as const;
    return { answer, isReplayed: false };
  }
  const answer: SubmitAnswer = {
    success: true,
    mobilesd_job_id: job.mobilesdJobId,
    ...estimate,
    status_url: `${ctx.origin}/api/v1/queue/jobs/${job.mobilesdJobId}/status`,
    status_reason,
  };
  const record =
    idempotencyKey === null ? null : recordOf(ctx, idempotencyKey, fingerprint, answer);
  try {
    await insertJob(ctx.db, job, record, uploadIds);
  } catch (error) {
    // Of two requests with one key at once the second breaks on the record; its job went with the batch.
    const winner = await findReplay(ctx, idempotencyKey, fingerprint);
    if (winner) return winner;
    // Uploads may have been cleaned up since they were looked at.
    await requireUploads(ctx, resolved);
    throw error;
  }
  ctx.log("job_submitted", { job_id: job.mobilesdJobId, server_alias: server.alias });
  return { answer, isReplayed: false };
}
