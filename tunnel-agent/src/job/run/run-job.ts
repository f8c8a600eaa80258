import { type FailureReason, type LeaseGrant, ProblemError, uploadsOf } from "@mobilesd/contract";
import { ForgeUnreachableError } from "../../forge/client.ts";
import type { Host } from "../../forge/host.ts";
import { ListUnreadableError } from "../../forge/read-catalogue.ts";
import { Picture } from "../../picture.ts";
import type { Stop } from "../../stop.ts";
import { findMissingName } from "../before/host-names.ts";
import { type Preparation, prepare } from "../before/prepare.ts";
import { type Failure, failure } from "../failure/failure.ts";
import { deliver } from "./deliver.ts";
import type { RunStops } from "./generate.ts";
import { keepLease, proofOf } from "./keep-lease.ts";
import type { RunDeps } from "./run-deps.ts";
import { judgeAnswer, newTaskId, runOnForge } from "./run-on-forge.ts";

/** How a run ended, after the queue was told. `missing_name`: this Forge's lists are not what they were. */
export type RunEnd =
  | { readonly type: "completed" | "cancelled" | "released" | "lost" }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "missing_name"; readonly failure: Failure };

/** An input picture is not there any more, so that no try can help. */
class InputGoneError extends Error {
  override readonly name = "InputGoneError";
  readonly field: string;

  constructor(field: string) {
    super(`${field} is gone`);
    this.field = field;
  }
}

/** The input pictures of a job by upload id, each fetched once. */
async function fetchPictures(
  deps: RunDeps,
  lease: LeaseGrant,
  stop: AbortSignal,
): Promise<ReadonlyMap<string, Picture>> {
  const pictures = new Map<string, Picture>();
  for (const { field, upload_id } of uploadsOf(lease.generation_params)) {
    if (pictures.has(upload_id)) continue;
    try {
      pictures.set(upload_id, new Picture(await deps.cloud.insistOnUpload(upload_id, stop)));
    } catch (error) {
      if (error instanceof ProblemError && error.is("not_found")) throw new InputGoneError(field);
      throw error;
    }
  }
  return pictures;
}

/**
 * Forge with everything that the job names. A file may have come since the lists were read, so they are
 * read once more before a job fails for it.
 */
async function hostWithNames(deps: RunDeps, lease: LeaseGrant): Promise<Host | Failure> {
  const missingOn = ({ catalogue }: Host) =>
    findMissingName(lease.generation_params, lease.checkpoint_name, catalogue);
  if (!missingOn(deps.host)) return deps.host;
  const host = await deps.readHostAgain();
  return missingOn(host) ?? host;
}

/** What a job is refused for on no host, however its owner sets it up. */
const OWN_FAULTS: ReadonlySet<FailureReason> = new Set(["bad_image", "blank_mask"]);

/**
 * What the job means on this Forge. Its owner may have changed an option since it was looked at, so it is
 * looked at once more before a job fails for one.
 */
async function prepareOn(
  deps: RunDeps,
  lease: LeaseGrant,
  known: Host,
  pictures: ReadonlyMap<string, Picture>,
): Promise<{ readonly host: Host; readonly ready: Preparation }> {
  const on = async (host: Host) => {
    const { generation_params, checkpoint_name } = lease;
    return { host, ready: await prepare(generation_params, checkpoint_name, host, pictures) };
  };
  const first = await on(known);
  const { ready } = first;
  if (ready.ok || known !== deps.host || OWN_FAULTS.has(ready.failure.reason)) return first;
  return on(await deps.readHostAgain());
}

type Attempt = RunEnd | { readonly type: "stopped" };

async function attempt(deps: RunDeps, lease: LeaseGrant, stops: RunStops): Promise<Attempt> {
  const known = await hostWithNames(deps, lease);
  if ("reason" in known) return { type: "missing_name", failure: known };
  const pictures = await fetchPictures(deps, lease, stops.stop);
  const params = lease.generation_params;
  const { host, ready } = await prepareOn(deps, lease, known, pictures);
  if (!ready.ok) return { type: "failed", failure: ready.failure };
  const taskId = newTaskId(deps);
  const target = { id: lease.mobilesd_job_id };
  const body = { ...proofOf(lease), forge_task_id: taskId };
  const started = await deps.cloud.insist("startJob", { params: target, body }, stops.stop);
  if (started.cancel) return { type: "cancelled" };
  const work = { lease, params, host, prepared: ready.prepared };
  const { end, request } = await runOnForge(deps, work, taskId, stops);
  if (end.type === "stopped") return end;
  if (end.type === "not_sent") return { type: "released" };
  if (end.type === "failed") return { type: "failed", failure: end.failure };
  const result = await judgeAnswer(work, request, end.body);
  if (!result.ok) return { type: "failed", failure: result.failure };
  const warnings = [...ready.prepared.warnings, ...result.warnings];
  await deliver(deps.cloud, lease, { ...result, warnings }, end, stops);
  return { type: "completed" };
}

/** What the queue refused for good. Whatever it is, this lease is of no more use. */
function fromRefusal(error: ProblemError): Attempt {
  if (error.is("job_cancelled")) return { type: "cancelled" };
  const isGone = ["lease_lost", "not_found", "session_superseded", "session_unknown"].some(
    (code) => error.problem.code === code,
  );
  if (isGone) return { type: "lost" };
  const message = `The queue refused the result: ${error.message}`;
  return { type: "failed", failure: failure("infra", "incomplete_result", message) };
}

function inputGone({ field }: InputGoneError): Attempt {
  const message = "An input picture of this job is not there any more: upload it and queue again";
  return { type: "failed", failure: failure("user", "bad_image", message, { field }) };
}

/** Forge stopped listing what it has between two jobs: not this job's fault. */
function listsUnreadable(error: ListUnreadableError): Attempt {
  return { type: "failed", failure: failure("infra", "forge_error", error.message) };
}

/** Tells the queue how the run ended. Nothing is told where it knows already. */
async function report(
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
      await release("drain");
      break;
    case "completed":
    case "lost":
      break;
  }
}

/**
 * Runs one leased job to its end: checks, generation, delivery, and the word to the queue. Never throws
 * for what a job, Forge or the queue does; a run that could not be reported is taken up by the lease's end.
 */
export async function runJob(deps: RunDeps, lease: LeaseGrant, agentStop: Stop): Promise<RunEnd> {
  const done = new AbortController();
  const leaseEnded = keepLease(deps.cloud, lease, deps.durations, deps.log, done.signal);
  const stop = AbortSignal.any([leaseEnded, agentStop.now]);
  const stops = { stop, hurry: agentStop.now };
  const stoppedEnd = (): RunEnd => {
    if (!leaseEnded.aborted) return { type: "released" };
    return { type: leaseEnded.reason === "cancelled" ? "cancelled" : "lost" };
  };
  try {
    const tried = await attempt(deps, lease, stops).catch((error: unknown) => {
      if (error instanceof ProblemError) return fromRefusal(error);
      if (error instanceof InputGoneError) return inputGone(error);
      if (error instanceof ListUnreadableError) return listsUnreadable(error);
      // Before it was asked to generate: it did not die of this job.
      if (error instanceof ForgeUnreachableError) return { type: "released" as const };
      if (stop.aborted) return { type: "stopped" as const };
      throw error;
    });
    const end = tried.type === "stopped" ? stoppedEnd() : tried;
    await report(deps, lease, end, agentStop.giveUp).catch((error: unknown) => {
      const isRefused = error instanceof ProblemError;
      if (end.type === "cancelled" && isRefused && error.is("job_cancelled")) return;
      if (!isRefused && !agentStop.giveUp.aborted) throw error;
      const code = isRefused ? error.problem.code : "stopped";
      deps.log.warn({ job_id: lease.mobilesd_job_id, code }, "The end of a run was not taken");
    });
    return end;
  } finally {
    done.abort();
  }
}
