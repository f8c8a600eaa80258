import { DEMO_VERSION } from "./catalogue.ts";
import { getBaseName } from "./checkpoints.ts";
import { PythonError } from "./errors.ts";
import type { Forge, JobRecord } from "./forge.ts";
import { mixNoise, type Pixels } from "./picture/pixels.ts";
import { renderScene } from "./picture/render.ts";
import { createPlan, type GenerationRequest, type Plan } from "./plan.ts";
import { advanceJob } from "./progress.ts";
import { describeRepaint, type Repaint, repaintPicture } from "./repaint.ts";
import { countSteps, sampleBatch } from "./sampling.ts";

const ENCODE_PROMPT_MS = 60;
const DECODE_MS_AT_LEAST = 40;
const DECODE_MS_PER_MEGAPIXEL = 150;

/** What a job made; a picture's number in the job is its number in the plan. */
export interface Processed {
  plan: Plan;
  pictures: Pixels[];
  jobTimestamp: string;
}

/**
 * Loads the model and makes the pictures, batch by batch, with the options as they are now
 * (process_images_inner). Ends early, and without an error, when it is interrupted.
 */
export async function processImages(
  forge: Forge,
  request: GenerationRequest,
  record: JobRecord,
  repaint: Repaint | null,
): Promise<Processed> {
  const { progress, clock } = forge;
  refuseUnbuilt(request);
  const plan = createPlan(forge, request, Math.random);
  if (repaint && request.kind === "img2img") {
    if (repaint.inits.length > plan.batchSize) {
      const message = `bad number of images passed: ${repaint.inits.length}; expecting ${plan.batchSize} or less`;
      throw new PythonError("RuntimeError", message);
    }
    Object.assign(plan.extra, describeRepaint(repaint, request.body));
  }
  noteStart(forge, plan, record);
  record.modelCost = await forge.memory.load(plan.checkpoint, plan.modules);
  forge.options.noteLoaded(plan.checkpoint);
  progress.jobCount = plan.batchCount;
  const pictures: Pixels[] = [];
  for (let batch = 0; batch < plan.batchCount; batch++) {
    progress.skipped = false;
    if (progress.interrupted) break;
    await clock.sleep(ENCODE_PROMPT_MS);
    if (plan.batchCount > 1) progress.job = `Batch ${batch + 1} out of ${plan.batchCount}`;
    pictures.push(...(await makeBatch(forge, plan, { batch, record, repaint })));
    advanceJob(progress);
  }
  return { plan, pictures, jobTimestamp: progress.jobTimestamp };
}

async function makeBatch(
  forge: Forge,
  plan: Plan,
  job: { batch: number; record: JobRecord; repaint: Repaint | null },
): Promise<Pixels[]> {
  const whole: Pixels[] = [];
  const begin = job.batch * plan.batchSize;
  for (let index = begin; index < begin + plan.batchSize; index++) {
    const scene = await renderScene(createSubject(plan, index));
    whole.push(job.repaint ? await repaintPicture(job.repaint, scene, index - begin) : scene);
  }
  const steps = countSteps(plan.steps, job.repaint && plan.denoisingStrength);
  const done = await sampleBatch(forge, job.record, whole, steps);
  const megapixels = (whole.length * plan.width * plan.height) / 1e6;
  await forge.clock.sleep(DECODE_MS_AT_LEAST + DECODE_MS_PER_MEGAPIXEL * megapixels);
  return whole.map((picture, index) =>
    mixNoise(picture, done / steps, plan.seeds[begin + index] ?? 0),
  );
}

function createSubject(plan: Plan, index: number) {
  const isVaried = plan.subseedStrength > 0;
  const variation = isVaried ? ` ${plan.subseeds[index]} ${plan.subseedStrength}` : "";
  return {
    prompt: plan.shownPrompt,
    details: plan.details + variation,
    seed: plan.seeds[index] ?? 0,
    model: getBaseName(plan.checkpoint),
    width: Math.floor(plan.width / 8) * 8,
    height: Math.floor(plan.height / 8) * 8,
  };
}

function noteStart(forge: Forge, plan: Plan, record: JobRecord): void {
  record.prompt = plan.prompt;
  record.seed = plan.seeds[0] ?? 0;
  record.model = getBaseName(plan.checkpoint);
  const size = `${plan.width}x${plan.height}`;
  const count = plan.batchSize * plan.batchCount;
  forge.say(
    `${record.taskId}: draws ${count} of ${size}, ${plan.steps} steps, ${record.model}, seed ${record.seed} (${DEMO_VERSION})`,
  );
}

// A demo that quietly left these out would let a client believe that they work.
function refuseUnbuilt({ kind, body }: GenerationRequest): void {
  const unbuilt = [
    kind === "txt2img" && body.enable_hr ? "hires fix" : "",
    body.refiner_checkpoint ? "a refiner" : "",
    body.script_name ? "selectable scripts" : "",
  ].find((name) => name !== "");
  if (unbuilt) throw new PythonError("NotImplementedError", `The demo Forge has no ${unbuilt}`);
}
