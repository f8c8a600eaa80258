import type { Fail, LeaseEnded, LeaseProof, Release } from "@mobilesd/contract";
import type { JobStep } from "../../domain/job-machine.ts";
import type { ActorContext } from "../context.ts";
import { requireLease } from "../require-lease.ts";
import { changeLeased } from "./change-leased.ts";

async function end(
  ctx: ActorContext,
  id: string,
  proof: LeaseProof,
  step: JobStep,
  sessionId: string | null,
): Promise<LeaseEnded> {
  const ended = await changeLeased(ctx, () => requireLease(ctx, id, proof, sessionId), step);
  ctx.log("lease_ended", {
    job_id: id,
    epoch: proof.epoch,
    cause: step.type,
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
