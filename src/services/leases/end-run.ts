import type { Fail, LeaseEnded, Release } from "@mobilesd/contract";
import type { JobEvent } from "../../domain/job-machine.ts";
import type { JobRow } from "../../storage/jobs.ts";
import type { ActorContext } from "../context.ts";
import { changeLeased, leaseRefusal, requireLease } from "./require-lease.ts";

async function end(
  ctx: ActorContext,
  job: JobRow,
  event: JobEvent,
  sessionId: string | null,
): Promise<LeaseEnded> {
  const ended = await changeLeased(ctx, job, event);
  if (!ended) throw await leaseRefusal(ctx, undefined, sessionId);
  if (ended.holdReason !== null && ended.notBefore !== null) {
    ctx.defer(ctx.wakeAfter(Math.max(0, ended.notBefore - ctx.clock())));
  }
  ctx.log("lease_ended", {
    job_id: job.mobilesdJobId,
    epoch: job.epoch,
    event: event.type,
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
  const job = await requireLease(ctx, id, input, sessionId);
  return end(ctx, job, { type: "fail", failure: input }, sessionId);
}

/** Gives a job back, or acknowledges its cancel. */
export async function releaseJob(
  ctx: ActorContext,
  id: string,
  input: Release,
  sessionId: string | null,
): Promise<LeaseEnded> {
  const job = await requireLease(ctx, id, input, sessionId);
  return end(ctx, job, { type: "release" }, sessionId);
}
