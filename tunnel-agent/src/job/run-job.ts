import {
  type Catalogue,
  type Durations,
  type LeaseGrant,
  ProblemError,
  type UploadRef,
} from "@mobilesd/contract";
import type { Cloud } from "../cloud/client.ts";
import { type ForgeClient, ForgeUnreachableError } from "../forge/client.ts";
import type { Journal } from "../journal.ts";
import type { Log } from "../log.ts";
import type { Stop } from "../stop.ts";
import { findMissingName } from "./check-names.ts";
import { deliver } from "./deliver.ts";
import { type Failure, failure, isOutOfMemory } from "./failure.ts";
import { type GenerateEnd, generate, type RunStops } from "./generate.ts";
import { keepLease, proofOf } from "./keep-lease.ts";
import { buildRequest } from "./payload.ts";
import { readResult } from "./read-result.ts";

/** What a run works with. Clock, ids and chance come in here. */
export interface RunDeps {
  readonly cloud: Cloud;
  readonly forge: ForgeClient;
  readonly journal: Journal;
  readonly log: Log;
  readonly durations: Durations;
  readonly uuid: () => string;
  readonly now: () => number;
  readonly wallClock: () => Date;
}

/** How a run ended, after the queue was told. `missing_name`: this Forge's lists are not what they were. */
export type RunEnd =
  | { readonly type: "completed" | "cancelled" | "released" | "lost" }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "missing_name"; readonly failure: Failure };

/** An input picture is not there any more, so that no try can help. */
class InputGoneError extends Error {
  override readonly name = "InputGoneError";
}

async function fetchInput(
  deps: RunDeps,
  ref: UploadRef | undefined,
  stop: AbortSignal,
): Promise<string | null> {
  if (!ref) return null;
  try {
    return (await deps.cloud.insistOnUpload(ref.upload_id, stop)).toString("base64");
  } catch (error) {
    if (error instanceof ProblemError && error.is("not_found")) throw new InputGoneError();
    throw error;
  }
}

interface Inputs {
  readonly initImage: string | null;
  readonly mask: string | null;
}

/** One request to Forge under an id of its own, which the journal knows before Forge does. */
async function post(
  deps: RunDeps,
  lease: LeaseGrant,
  inputs: Inputs,
  taskId: string,
  stops: RunStops,
): Promise<GenerateEnd> {
  const run = { taskId, checkpointName: lease.checkpoint_name, ...inputs };
  const request = buildRequest(lease.generation_params, run);
  await deps.journal.add({
    task_id: taskId,
    mobilesd_job_id: lease.mobilesd_job_id,
    epoch: lease.epoch,
    posted_at: deps.wallClock().toISOString(),
  });
  const forge = { client: deps.forge, durations: deps.durations, now: deps.now };
  const end = await generate(forge, request, taskId, stops);
  const isOver = end.type === "answer" || end.type === "not_sent" || "answer" in end;
  // What has no answer may go on in Forge: it stays in the journal, to be looked for before the next job.
  if (isOver) await deps.journal.remove(taskId);
  return end;
}

/** Runs the job on Forge; out of memory gets one more try in place, with the model unloaded before. */
async function runOnForge(
  deps: RunDeps,
  lease: LeaseGrant,
  inputs: Inputs,
  taskId: string,
  stops: RunStops,
): Promise<GenerateEnd> {
  const end = await post(deps, lease, inputs, taskId, stops);
  if (end.type !== "failed" || !end.answer || !isOutOfMemory(end.answer)) return end;
  deps.log.warn({ job_id: lease.mobilesd_job_id }, "Out of memory; unloading, then once more");
  await deps.forge.post("/sdapi/v1/unload-checkpoint", {});
  return post(deps, lease, inputs, `task(mobilesd-${deps.uuid()})`, stops);
}

type Attempt = RunEnd | { readonly type: "stopped" };

async function attempt(
  deps: RunDeps,
  lease: LeaseGrant,
  catalogue: Catalogue,
  stops: RunStops,
): Promise<Attempt> {
  const { stop } = stops;
  const params = lease.generation_params;
  const missing = findMissingName(params, lease.checkpoint_name, catalogue);
  if (missing) return { type: "missing_name", failure: missing };
  const initImage = await fetchInput(deps, params.img2img?.init_image, stop);
  const mask = await fetchInput(deps, params.img2img?.mask, stop);
  const taskId = `task(mobilesd-${deps.uuid()})`;
  const target = { id: lease.mobilesd_job_id };
  const body = { ...proofOf(lease), forge_task_id: taskId };
  const started = await deps.cloud.insist("startJob", { params: target, body }, stop);
  if (started.cancel) return { type: "cancelled" };
  const end = await runOnForge(deps, lease, { initImage, mask }, taskId, stops);
  if (end.type === "stopped") return end;
  if (end.type === "not_sent") return { type: "released" };
  if (end.type === "failed") return { type: "failed", failure: end.failure };
  const checkpoint = catalogue.checkpoints.find((one) => one.name === lease.checkpoint_name);
  const { basename = "", hash = null } = checkpoint ?? {};
  const result = await readResult(end.body, params, { basename, hash });
  if (!result.ok) return { type: "failed", failure: result.failure };
  await deliver(deps.cloud, lease, result.images, end, stops);
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

function inputGone(): Attempt {
  const message = "An input picture of this job is not there any more: upload it and queue again";
  return { type: "failed", failure: failure("user", "invalid_job", message, "img2img") };
}

/** Forge went away between two requests of one run. */
function forgeGone(error: ForgeUnreachableError): Attempt {
  return { type: "failed", failure: failure("forge_died", "forge_unreachable", error.message) };
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
export async function runJob(
  deps: RunDeps,
  lease: LeaseGrant,
  catalogue: Catalogue,
  agentStop: Stop,
): Promise<RunEnd> {
  const done = new AbortController();
  const leaseEnded = keepLease(deps.cloud, lease, deps.durations, deps.log, done.signal);
  const stop = AbortSignal.any([leaseEnded, agentStop.now]);
  const stops = { stop, hurry: agentStop.now };
  const stoppedEnd = (): RunEnd => {
    if (!leaseEnded.aborted) return { type: "released" };
    return { type: leaseEnded.reason === "cancelled" ? "cancelled" : "lost" };
  };
  try {
    const tried = await attempt(deps, lease, catalogue, stops).catch((error: unknown) => {
      if (error instanceof ProblemError) return fromRefusal(error);
      if (error instanceof InputGoneError) return inputGone();
      if (error instanceof ForgeUnreachableError) return forgeGone(error);
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
