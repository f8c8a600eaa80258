import { type LeaseGrant, ProblemError } from "@mobilesd/contract";
import { ForgeUnreachableError } from "../../forge/client.ts";
import { ListUnreadableError } from "../../forge/read-catalogue.ts";
import type { DropReason } from "../../pipeline/seat.ts";
import { type Failure, failure } from "../failure/failure.ts";
import { InputGoneError } from "./get-ready.ts";
import { proofOf } from "./keep-lease.ts";
import type { RunDeps } from "./run-deps.ts";

/** How a run ended, after the queue was told. `missing_name`: this Forge's lists are not what they were. */
export type RunEnd =
  | { readonly type: "completed" | "cancelled" | "lost" }
  /** Why; `paused`: the queue has taken it back by itself. */
  | { readonly type: "released"; readonly reason: DropReason }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "missing_name"; readonly failure: Failure };

/** What the queue refused for good. Whatever it is, this lease is of no more use. */
function fromRefusal(error: ProblemError): RunEnd {
  if (error.is("job_cancelled")) return { type: "cancelled" };
  const isGone = ["lease_lost", "not_found", "session_superseded", "session_unknown"].some(
    (code) => error.problem.code === code,
  );
  if (isGone) return { type: "lost" };
  const message = `The queue refused the result: ${error.message}`;
  return { type: "failed", failure: failure("infra", "incomplete_result", message) };
}

/** What an error of a run means for its job; null where it is a defect of our own, or one of the stops. */
export function endAfterError(error: unknown): RunEnd | null {
  if (error instanceof ProblemError) return fromRefusal(error);
  if (error instanceof InputGoneError) {
    const message = "An input picture of this job is not there any more: upload it and queue again";
    const { field } = error;
    return { type: "failed", failure: failure("user", "bad_image", message, { field }) };
  }
  // Forge stopped listing what it has between two jobs: not this job's fault.
  if (error instanceof ListUnreadableError) {
    return { type: "failed", failure: failure("infra", "forge_error", error.message) };
  }
  // Before it was asked to generate: it did not die of this job.
  if (error instanceof ForgeUnreachableError) return { type: "released", reason: "drain" };
  return null;
}

async function tell(
  deps: RunDeps,
  lease: LeaseGrant,
  end: RunEnd,
  giveUp: AbortSignal,
): Promise<void> {
  const params = { id: lease.mobilesd_job_id };
  const proof = proofOf(lease);
  const fail = (why: Failure) =>
    deps.cloud.insist("failJob", { params, body: { ...proof, ...why } }, giveUp);
  const release = (reason: "drain" | "returned" | "cancelled") =>
    deps.cloud.insist("releaseJob", { params, body: { ...proof, reason } }, giveUp);
  switch (end.type) {
    case "failed":
      await fail(end.failure);
      break;
    case "missing_name":
      // A job whose checkpoint vanished waits for it: given back, it is held by the new lists.
      await (end.failure.field === "checkpoint_name" ? release("returned") : fail(end.failure));
      break;
    case "cancelled":
      await release("cancelled");
      break;
    case "released":
      if (end.reason !== "paused") await release(end.reason);
      break;
    case "completed":
    case "lost":
      break;
  }
}

/**
 * Tells the queue how the run ended; nothing where it knows already. What it does not take is noted in the log:
 * the lease's end takes it up.
 */
export async function report(
  deps: RunDeps,
  lease: LeaseGrant,
  end: RunEnd,
  giveUp: AbortSignal,
): Promise<void> {
  try {
    await tell(deps, lease, end, giveUp);
  } catch (error) {
    const isRefused = error instanceof ProblemError;
    if (end.type === "cancelled" && isRefused && error.is("job_cancelled")) return;
    if (!isRefused && !giveUp.aborted) throw error;
    const code = isRefused ? error.problem.code : "stopped";
    const fields = { job_id: lease.mobilesd_job_id, code };
    deps.log.warn(fields, "The end of a run was not taken");
  }
}
