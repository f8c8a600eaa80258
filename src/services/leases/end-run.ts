import type { Fail, LeaseEnded, LeaseProof, Release } from "@mobilesd/contract";
import type { JobEvent } from "../../domain/job-machine.ts";
import type { ActorContext } from "../context.ts";
import { requireLease } from "../require-lease.ts";
import { changeLeased } from "./change-leased.ts";

async function end(
  ctx: ActorContext,
  id: string,
  proof: LeaseProof,
  event: JobEvent,
  sessionId: string | null,
): Promise<LeaseEnded> {
  const ended = await changeLeased(ctx, () => requireLease(ctx, id, proof, sessionId), event);
  if (ended.holdReason !== null && ended.notBefore !== null) {
    ctx.defer(ctx.wakeAfter(Math.max(0, ended.notBefore - ctx.clock())));
  }
  ctx.log("lease_ended", {
    job_id: id,
    epoch: proof.epoch,
    cause: event.type,
    status: ended.status,
    status_reason: ended.statusReason,
  });
  return { status: ended.status, status_reason: ended.statusReason };
}

/** Ends a run that gave no result; what becomes of the job is the state machine's to say. */
export async function failJob(
  ctx: ActorContext,
  id: string,
  input: Fail,
  sessionId: string | null,
): Promise<LeaseEnded> {
  return end(ctx, id, input, { type: "fail", failure: input }, sessionId);
}

/** Gives a job back, or acknowledges its cancel. */
export async function releaseJob(
  ctx: ActorContext,
  id: string,
  input: Release,
  sessionId: string | null,
): Promise<LeaseEnded> {
  return end(ctx, id, input, { type: "release" }, sessionId);
}
