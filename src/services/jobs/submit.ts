import type { DryRunAnswer, StatusReason, SubmitAnswer, SubmitJob } from "@mobilesd/contract";
import { costOf } from "../../domain/estimate.ts";
import { fingerprintOf } from "../../domain/fingerprint.ts";
import type { HoldReason } from "../../domain/job-machine.ts";
import { shownReason } from "../../domain/presence.ts";
import { uploadIdsOf } from "../../domain/stored-params.ts";
import { toTimestamp } from "../../storage/database.ts";
import { findIdempotencyRecord } from "../../storage/idempotency.ts";
import { insertJob, type NewJob } from "../../storage/jobs.ts";
import { findServer, listServers, type ServerRow } from "../../storage/servers.ts";
import { findUploads } from "../../storage/uploads.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
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
  const { img2img } = resolved.params;
  const wanted = [
    { field: "generation_params.img2img.init_image", id: img2img?.init_image.upload_id },
    { field: "generation_params.img2img.mask", id: img2img?.mask?.upload_id },
  ].flatMap(({ field, id }) => (id === undefined ? [] : [{ field, id }]));
  const ids = uploadIdsOf(resolved.params);
  const found = await findUploads(ctx.db, ids, ctx.actor.ownerId);
  const missing = wanted.find(({ id }) => !found.some((upload) => upload.id === id));
  if (missing)
    throw fieldError("unknown_upload", missing.field, "no such upload, or it has expired");
  return ids;
}

/** The latest moment to start: what was asked, or the time to live from now. */
function deadlineOf(input: SubmitJob, now: number): number | null {
  const startBy = input.start_by === undefined ? null : Date.parse(input.start_by);
  if (startBy !== null && input.ttl_seconds !== undefined) {
    throw fieldError("invalid_request", "ttl_seconds", "give either start_by or ttl_seconds");
  }
  if (startBy !== null && startBy <= now) {
    throw fieldError("invalid_request", "start_by", "is over already", { limit: toTimestamp(now) });
  }
  return input.ttl_seconds === undefined ? startBy : now + input.ttl_seconds * 1000;
}

type JobDraft = NewJob & {
  readonly status: "pending";
  readonly ownerId: string;
  readonly statusReason: StatusReason;
  readonly holdReason: HoldReason | null;
  readonly notBefore: number | null;
  readonly costMegapixelSteps: number;
};

function buildRow(
  ctx: ActorContext,
  input: SubmitJob,
  server: ServerRow,
  resolved: Resolved,
): JobDraft {
  const now = ctx.clock();
  const timestamp = toTimestamp(now);
  const startBy = deadlineOf(input, now);
  const asked = input.not_before === undefined ? 0 : Date.parse(input.not_before);
  const notBefore = asked > now ? asked : null;
  const holdReason: HoldReason | null = notBefore === null ? null : "not_before";
  return {
    mobilesdJobId: ctx.uuid(),
    status: "pending",
    statusReason: holdReason ?? "queued",
    holdReason,
    notBefore,
    startBy,
    wakeAt: notBefore === null ? startBy : Math.min(notBefore, startBy ?? notBefore),
    creationTimestamp: timestamp,
    lastUpdatedTimestamp: timestamp,
    targetServerAlias: server.alias,
    generationParamsJson: JSON.stringify(resolved.params),
    sourceInfo: input.source_info ?? null,
    apiKeyId: ctx.actor.keyId,
    ownerId: ctx.actor.ownerId,
    priority: input.priority,
    name: input.name ?? null,
    tagsJson: JSON.stringify(input.tags),
    groupId: input.group_id ?? null,
    checkpointName: resolved.checkpointName,
    costMegapixelSteps: costOf(resolved.params),
  };
}

async function findReplay(
  ctx: ActorContext,
  idempotencyKey: string,
  fingerprint: string,
): Promise<Submitted | undefined> {
  const record = await findIdempotencyRecord(ctx.db, ctx.actor.ownerId, idempotencyKey);
  if (!record) return undefined;
  if (record.fingerprint !== fingerprint) throw new AppError("idempotency_key_reused");
  return { answer: JSON.parse(record.answerJson) as SubmitAnswer, isReplayed: true };
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
  const earlier =
    idempotencyKey === null ? undefined : await findReplay(ctx, idempotencyKey, fingerprint);
  if (earlier) return earlier;
  if (input.webhook_url !== undefined) {
    throw fieldError("not_built", "webhook_url", "webhooks are not built yet");
  }
  const params = readParams(input);
  const server = await requireServer(ctx, input.target_server_alias);
  const resolved = await resolveParams(ctx, server, params);
  const uploadIds = await requireUploads(ctx, resolved);
  const row = buildRow(ctx, input, server, resolved);
  const { estimate: outlook, isServerPresent } = await estimatePlace(
    ctx,
    server,
    { ...row, checkpointName: resolved.checkpointName },
    { priority: input.priority, creationTimestamp: row.creationTimestamp, id: row.mobilesdJobId },
  );
  const { estimated_completion_time: _, ...estimate } = outlook;
  const status_reason = shownReason({ ...row, leaseHash: null }, isServerPresent);
  if (input.dry_run) {
    return {
      answer: { success: true, dry_run: true, ...estimate, status_reason },
      isReplayed: false,
    };
  }
  const answer: SubmitAnswer = {
    success: true,
    mobilesd_job_id: row.mobilesdJobId,
    ...estimate,
    status_url: `${ctx.origin}/api/v1/queue/jobs/${row.mobilesdJobId}/status`,
    status_reason,
  };
  const record = idempotencyKey && {
    ownerId: ctx.actor.ownerId,
    key: idempotencyKey,
    fingerprint,
    answerJson: JSON.stringify(answer),
    createdAt: ctx.clock(),
  };
  try {
    await insertJob(ctx.db, row, record || null, uploadIds);
  } catch (error) {
    // Of two requests with one key at once the second breaks on the record; its job went with the batch.
    const winner = idempotencyKey && (await findReplay(ctx, idempotencyKey, fingerprint));
    if (winner) return winner;
    // Uploads may have been cleaned up since they were looked at.
    await requireUploads(ctx, resolved);
    throw error;
  }
  ctx.log("job_submitted", { job_id: row.mobilesdJobId, server_alias: server.alias });
  return { answer, isReplayed: false };
}
