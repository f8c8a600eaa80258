import { createHash, randomBytes } from "node:crypto";
import { changeOptions } from "./change-options.ts";
import { findCheckpoint } from "./checkpoints.ts";
import { ForgeEnded } from "./clock.ts";
import { encodeInTime } from "./encode.ts";
import { HttpDetail, PythonError } from "./errors.ts";
import type { Output, Processed } from "./finish-pictures.ts";
import type { Forge } from "./forge.ts";
import { createInfo } from "./info.ts";
import type { Job } from "./job.ts";
import { createJobRecord, type JobRecord } from "./job-record.ts";
import type { Options } from "./option-store.ts";
import type { GenerationRequest } from "./plan.ts";
import { processImages } from "./process-images.ts";
import { beginJob, endJob } from "./progress.ts";
import { findScripts } from "./scripts/find-scripts.ts";
import { runPromptMatrix } from "./scripts/prompt-matrix.ts";
import { decodeMask, decodePicture } from "./sent-picture.ts";

/** The answer's JSON, and what ran. */
export interface Generated {
  text: string;
  record: JobRecord;
}

/**
 * Runs one request as text2imgapi and img2imgapi do: infotext, scripts and mask are checked and
 * the id is noted before the lock, the picture is made inside it and encoded after it, so the next
 * job already runs then. Throws HttpDetail and PythonError.
 */
export async function generate(forge: Forge, request: GenerationRequest): Promise<Generated> {
  const { kind, body } = request;
  const arrivedAt = forge.clock.now();
  if (request.kind === "img2img" && request.body.init_images === null) {
    throw new HttpDetail(404, "Init image not found");
  }
  const sentMask = request.kind === "img2img" ? request.body.mask : null;
  const mask = sentMask ? await decodeMask(sentMask, isMaskRounded(request)) : null;
  refuseInfotext(request);
  const scripts = findScripts(request, forge.phase);
  const taskId = body.force_task_id || createTaskId(kind);
  forge.tasks.add(taskId);
  const alwaysOn = [...scripts.alwaysOn.keys()];
  const overrides = copyOverrides(body.override_settings);
  const record = createJobRecord(taskId, kind, overrides, alwaysOn, arrivedAt);
  const job: Job = { forge, request, scripts, inits: [], mask, record, variants: null };
  const processed = await forge.lock.run(() => runLocked(job));
  return { text: await encodeAnswer(job, processed), record };
}

async function runLocked(job: Job): Promise<Processed> {
  const { forge, request, record } = job;
  if (forge.ended.aborted) throw new ForgeEnded();
  // What fails here leaves the id among the waiting ones for ever, as in Forge.
  if (request.kind === "img2img") {
    for (const init of request.body.init_images ?? []) job.inits.push(await decodePicture(init));
  }
  record.beginAt = forge.clock.now();
  beginJob(forge.progress, `scripts_${request.kind}`, record.beginAt);
  forge.tasks.start(record.taskId);
  forge.jobs.push(record);
  try {
    const processed = await runOverridden(job);
    record.state = "done";
    forge.tasks.finish(record.taskId);
    return processed;
  } catch (error) {
    record.state = "failed";
    forge.say(`${record.taskId}: failed, ${error instanceof Error ? error.message : error}`);
    throw error;
  } finally {
    record.isInterrupted = forge.progress.interrupted;
    endJob(forge.progress);
    record.endAt = forge.clock.now();
  }
}

// An unknown checkpoint is dropped, which only the echo of the answer shows.
async function runOverridden(job: Job): Promise<Processed> {
  const { forge, request } = job;
  const { body } = request;
  const overrides: Options = body.override_settings ?? {};
  if (findCheckpoint(forge.checkpoints, overrides.sd_model_checkpoint) === undefined) {
    delete overrides.sd_model_checkpoint;
  }
  const stored = forge.options.remember(Object.keys(overrides));
  try {
    changeOptions(forge, overrides);
    return await runScript(job);
  } finally {
    if (body.override_settings_restore_afterwards !== false) changeOptions(forge, stored);
  }
}

// A demo that quietly left a script out would let a client believe that it works.
function runScript(job: Job): Promise<Processed> {
  const { selected } = job.scripts;
  if (selected === null) return processImages(job);
  if (selected.name === "prompt matrix") return runPromptMatrix(job, selected.args);
  const message = `The demo Forge has no script "${selected.name}"`;
  throw new PythonError("NotImplementedError", message);
}

async function encodeAnswer(job: Job, processed: Processed): Promise<string> {
  const { forge, record } = job;
  const { kind, body } = job.request;
  const images: string[] = [];
  const isSent = body.send_images && !forge.faults.take("emptyImages");
  for (const output of isSent ? listOutputs(processed) : []) {
    const bytes = await encodeInTime(output, forge);
    record.imageSha256s.push(createHash("sha256").update(bytes).digest("hex"));
    images.push(bytes.toString("base64"));
  }
  const isEchoed = kind === "txt2img" || body.include_init_images;
  const parameters = isEchoed ? body : { ...body, init_images: null, mask: null };
  return JSON.stringify({ images, parameters, info: createInfo(processed, forge.options) });
}

function listOutputs({ outputs, extraImages }: Processed): Output[] {
  return [...outputs, ...extraImages.map((pixels) => ({ pixels, alpha: null, text: null }))];
}

// In Forge every text fails for txt2img; for img2img it fills in some fields, which the demo cannot.
function refuseInfotext({ kind, body }: GenerationRequest): void {
  if (!body.infotext) return;
  if (kind === "img2img") {
    throw new PythonError("NotImplementedError", "The demo Forge reads no infotext in img2img");
  }
  const message = "isinstance() argument 2 cannot be a parameterized generic";
  throw new PythonError("TypeError", message);
}

function isMaskRounded(request: GenerationRequest): boolean {
  return request.kind === "img2img" && request.body.mask_round !== false;
}

function copyOverrides(overrides: Options | null): Options | null {
  return overrides && { ...overrides };
}

const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function createTaskId(kind: string): string {
  const letters = [...randomBytes(7)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]);
  return `task(${kind}-${letters.join("")})`;
}
