import type { DryRunAnswer, SubmitAnswer, SubmitJob } from "@mobilesd/contract";
import { fingerprintOf } from "../../domain/fingerprint.ts";
import { fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { buildJob } from "./build-job.ts";
import { describePlace, enqueue, findReplay, requireServer, requireUploads } from "./enqueue.ts";
import { readParams, resolveParams } from "./resolve-params.ts";

export interface Submitted {
  readonly answer: SubmitAnswer | DryRunAnswer;
  /** The answer is that of an earlier request under the same key. */
  readonly isReplayed: boolean;
}

/** What a request means: the job that it would queue, where, and with which uploads. */
async function resolveRequest(ctx: ActorContext, input: SubmitJob) {
  if (input.webhook_url !== undefined) {
    throw fieldError("not_built", "webhook_url", "webhooks are not built yet");
  }
  const params = readParams(input);
  const server = await requireServer(ctx, input.target_server_alias);
  const resolved = await resolveParams(ctx, server, params);
  const uploadIds = await requireUploads(ctx, resolved, ctx.actor.ownerId);
  const job = buildJob(ctx, input, server, resolved);
  return { ready: { server, resolved, job }, uploadIds };
}

/** Queues a job, or with `dry_run` says where it would stand. A repeated request answers as the first did. */
export async function submitJob(
  ctx: ActorContext,
  input: SubmitJob,
  idempotencyKey: string | null,
): Promise<Submitted> {
  const request = { key: idempotencyKey, fingerprint: fingerprintOf(input) };
  const earlier = await findReplay(ctx, request);
  if (earlier) return { answer: earlier, isReplayed: true };
  const { ready, uploadIds } = await resolveRequest(ctx, input);
  if (!input.dry_run) return enqueue(ctx, ready, uploadIds, request);
  const { described } = await describePlace(ctx, ready);
  return { answer: { success: true, dry_run: true, ...described }, isReplayed: false };
}
