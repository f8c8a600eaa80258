import type { LeaseGrant, ResolvedParams } from "@mobilesd/contract";
import { type ForgeAnswer, ForgeUnreachableError } from "../../forge/client.ts";
import type { Host } from "../../forge/host.ts";
import { type Result, readResult } from "../after/read-result.ts";
import { type Prepared, prepare } from "../before/prepare.ts";
import { buildRequest, type ForgeRequest } from "../request/payload.ts";
import { overridesOf } from "../request/payload-overrides.ts";
import { type GenerateEnd, generate, type RunStops } from "./generate.ts";
import { findRemedy, unload } from "./recover.ts";
import type { RunDeps } from "./run-deps.ts";

/** Everything that decides what is asked of Forge. */
export interface Work {
  readonly lease: LeaseGrant;
  readonly params: ResolvedParams;
  readonly host: Host;
  readonly prepared: Prepared;
}

/** How a request ended, and what it was. */
interface Posted {
  readonly end: GenerateEnd;
  readonly request: ForgeRequest;
}

/** One request to Forge under an id of its own; id and overrides are in the journal before Forge hears of them. */
async function post(deps: RunDeps, work: Work, taskId: string, stops: RunStops): Promise<Posted> {
  const { lease, params, host, prepared } = work;
  const own = await deps.lender.lend(host.catalogue.modules, (options) =>
    overridesOf(params, prepared, options),
  );
  const facts = { taskId, prepared, own, keepsOverrides: host.isDedicated };
  const request = buildRequest(params, facts);
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
  if (isOver) {
    await deps.journal.remove(taskId);
    await deps.lender.takeBack();
  }
  return { end, request };
}

/** The id by which one request is known in Forge: a new one each time (forge-reference 1.9). */
export const newTaskId = (deps: RunDeps) => `task(mobilesd-${deps.uuid()})`;

/**
 * Puts Forge right after an error, where that is possible; answers whether it did something.
 * Throws `ForgeUnreachableError`.
 */
async function putRight(
  deps: RunDeps,
  work: Work,
  answer: ForgeAnswer,
  stops: RunStops,
): Promise<boolean> {
  const { lease, params, host, prepared } = work;
  const remedy = await findRemedy(answer, params, prepared.checkpoints.main, host);
  const fields = { job_id: lease.mobilesd_job_id };
  if (remedy === null) return false;
  if (remedy.type === "unload") {
    deps.log.warn(fields, "Out of memory; unloading, then once more");
    await unload(deps.forge);
    return true;
  }
  const { checkpoint_name } = remedy.params;
  const ready = await prepare(remedy.params, checkpoint_name, host, new Map());
  if (!ready.ok) return false;
  const words =
    "An earlier model could not be loaded, and Forge lost the one before it; loading another";
  deps.log.warn({ ...fields, checkpoint: checkpoint_name }, words);
  const small = { ...work, params: remedy.params, prepared: ready.prepared };
  return (await post(deps, small, newTaskId(deps), stops)).end.type === "answer";
}

/** Runs the job on Forge; an error that can be mended from here gets one more try in place. */
export async function runOnForge(
  deps: RunDeps,
  work: Work,
  taskId: string,
  stops: RunStops,
): Promise<Posted> {
  const posted = await post(deps, work, taskId, stops);
  const { end } = posted;
  if (end.type !== "failed" || !end.answer) return posted;
  try {
    const isMended = await putRight(deps, work, end.answer, stops);
    return isMended ? await post(deps, work, newTaskId(deps), stops) : posted;
  } catch (error) {
    // Forge went away between the two tries: what it said to the first one stands.
    if (error instanceof ForgeUnreachableError) return posted;
    throw error;
  }
}

/** What Forge's answer holds, held against what was asked. */
export async function judgeAnswer(
  work: Work,
  request: ForgeRequest,
  body: unknown,
): Promise<Result> {
  const { params, host, prepared } = work;
  const main = host.catalogue.checkpoints.find((one) => one.name === prepared.checkpoints.main);
  return readResult(body, {
    params,
    request,
    checkpoint: { basename: main?.basename ?? "", hash: main?.hash ?? null },
    inputSize: prepared.inputSize,
    writesInfotext: host.options.writesInfotext,
    embeddings: host.catalogue.embeddings,
  });
}
