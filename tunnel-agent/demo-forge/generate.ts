import { createHash, randomBytes } from "node:crypto";
import { findCheckpoint } from "./checkpoints.ts";
import { ForgeEnded } from "./clock.ts";
import { encodePicture } from "./encode.ts";
import { HttpDetail, PythonError } from "./errors.ts";
import type { Forge, JobRecord } from "./forge.ts";
import { createInfo, createInfotexts } from "./info.ts";
import type { Options } from "./option-store.ts";
import type { Coverage } from "./picture/pixels.ts";
import type { GenerationRequest } from "./plan.ts";
import { type Processed, processImages } from "./process-images.ts";
import { beginJob, endJob } from "./progress.ts";
import { createRepaint, type Repaint } from "./repaint.ts";
import { checkScripts } from "./scripts.ts";
import { decodeMask, decodePicture } from "./sent-picture.ts";

/** One request on its way through the lock. */
interface Job {
  taskId: string;
  request: GenerationRequest;
  mask: Coverage | null;
}

/**
 * Runs one request as text2imgapi and img2imgapi do: scripts and mask are checked and the id is
 * noted before the lock, the picture is made inside it and encoded after it, so the next job
 * already runs then. Returns the answer's JSON; throws HttpDetail and PythonError.
 */
export async function generate(forge: Forge, request: GenerationRequest): Promise<string> {
  const { body } = request;
  if (request.kind === "img2img" && request.body.init_images === null) {
    throw new HttpDetail(404, "Init image not found");
  }
  checkScripts(forge, request);
  const sentMask = request.kind === "img2img" ? request.body.mask : null;
  const mask = sentMask ? await decodeMask(sentMask) : null;
  const taskId = body.force_task_id || createTaskId(request.kind);
  forge.tasks.add(taskId);
  const record: JobRecord = {
    taskId,
    kind: request.kind,
    prompt: "",
    seed: 0,
    model: "",
    modelCost: "nothing",
    stepsDone: 0,
    isInterrupted: false,
    state: "running",
    imageSha256s: [],
  };
  const processed = await forge.lock.run(() => runLocked(forge, { taskId, request, mask }, record));
  return encodeAnswer(forge, request, processed, record);
}

async function runLocked(forge: Forge, job: Job, record: JobRecord): Promise<Processed> {
  if (forge.ended.aborted) throw new ForgeEnded();
  const repaint = await readRepaint(job);
  beginJob(forge.progress, `scripts_${job.request.kind}`, forge.clock.now());
  forge.tasks.start(job.taskId);
  forge.jobs.push(record);
  try {
    if (job.request.kind === "txt2img" && job.request.body.infotext) {
      const message = "isinstance() argument 2 cannot be a parameterized generic";
      throw new PythonError("TypeError", message);
    }
    const processed = await runOverridden(forge, job.request, record, repaint);
    record.state = "done";
    forge.tasks.finish(job.taskId);
    return processed;
  } catch (error) {
    record.state = "failed";
    forge.say(`${job.taskId}: failed, ${error instanceof Error ? error.message : error}`);
    throw error;
  } finally {
    record.isInterrupted = forge.progress.interrupted;
    endJob(forge.progress);
  }
}

// What fails here leaves the id among the waiting ones for ever, as in Forge.
async function readRepaint({ request, mask }: Job): Promise<Repaint | null> {
  if (request.kind !== "img2img") return null;
  const inits = [];
  for (const init of request.body.init_images ?? []) inits.push(await decodePicture(init));
  return createRepaint(request.body, inits, mask);
}

async function runOverridden(
  forge: Forge,
  request: GenerationRequest,
  record: JobRecord,
  repaint: Repaint | null,
): Promise<Processed> {
  if (repaint?.inits.length === 0) {
    const message = "Dimension out of range (expected to be in range of [-1, 0], but got 1)";
    throw new PythonError("IndexError", message);
  }
  const { body } = request;
  const overrides: Options = { ...body.override_settings };
  const isUnknown =
    "sd_model_checkpoint" in overrides &&
    findCheckpoint(forge.checkpoints, overrides.sd_model_checkpoint) === undefined;
  if (isUnknown) delete overrides.sd_model_checkpoint;
  // The echo of the answer shows what is left; null stays null.
  if (body.override_settings) body.override_settings = overrides;
  const stored = forge.options.remember(Object.keys(overrides));
  try {
    changeOptions(forge, overrides);
    return await processImages(forge, request, record, repaint);
  } finally {
    if (body.override_settings_restore_afterwards !== false) changeOptions(forge, stored);
  }
}

function changeOptions(forge: Forge, changes: Options): void {
  const before = describeSelection(forge);
  forge.options.set(changes);
  if (describeSelection(forge) !== before) forge.memory.moveOut();
}

function describeSelection({ options, checkpoints }: Forge): string {
  const checkpoint = findCheckpoint(checkpoints, options.get("sd_model_checkpoint"));
  return JSON.stringify([checkpoint?.name, options.get("forge_additional_modules")]);
}

async function encodeAnswer(
  forge: Forge,
  { kind, body }: GenerationRequest,
  processed: Processed,
  record: JobRecord,
): Promise<string> {
  const infotexts = createInfotexts(processed);
  const images: string[] = [];
  const isSent = body.send_images && !forge.faults.take("emptyImages");
  for (const [index, picture] of (isSent ? processed.pictures : []).entries()) {
    const bytes = await encodePicture(picture, infotexts[index] ?? null, forge.options);
    record.imageSha256s.push(createHash("sha256").update(bytes).digest("hex"));
    images.push(bytes.toString("base64"));
  }
  const isEchoed = kind === "txt2img" || body.include_init_images;
  const parameters = isEchoed ? body : { ...body, init_images: null, mask: null };
  return JSON.stringify({ images, parameters, info: createInfo(processed, infotexts) });
}

const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function createTaskId(kind: string): string {
  const letters = [...randomBytes(7)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]);
  return `task(${kind}-${letters.join("")})`;
}
