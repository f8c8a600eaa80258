import { type Checkpoint, findClosestCheckpoint, getShortTitle } from "./checkpoints.ts";
import { PythonError } from "./errors.ts";
import type { Extra, PictureTexts } from "./infotext.ts";
import latentModes from "./lists/latent-upscale-modes.json" with { type: "json" };
import upscalers from "./lists/upscalers.json" with { type: "json" };
import { getModuleName } from "./modules.ts";
import { preparePrompt } from "./prompts.ts";
import { asFloat } from "./python-json.ts";
import type { Txt2ImgRequest } from "./request-fields.ts";

/** Pixels of a side per value of the latent picture. */
const LATENT_CELL = 8;

/** What the first pass has decided for the second. */
export interface FirstPass {
  width: number;
  height: number;
  steps: number;
  sampler: string;
  schedule: string;
}

/** The second pass of hires fix. */
export interface HiresPlan {
  /** What the first picture is scaled to. */
  scaled: { width: number; height: number };
  /** What is cut off, half on each side: only when both sides were asked for. */
  cut: { width: number; height: number };
  /** A name of the latent upscalers; null where a picture is scaled. */
  latentUpscaler: string | null;
  upscaler: string | null;
  steps: number;
  sampler: string;
  schedule: string;
  cfgScale: number;
  distilledCfgScale: number;
  denoisingStrength: number | null;
  /** Null is the first pass's. */
  prompt: string | null;
  negativePrompt: string | null;
  checkpoint: Checkpoint | null;
  /** As sent; null is Forge's TypeError when the second pass begins. */
  modules: readonly unknown[] | null;
}

/**
 * Decides the second pass (StableDiffusionProcessingTxt2Img.init). Throws Exception for a
 * checkpoint or an upscaler that is not there. What the request lacks fails only after the first
 * pass has run.
 */
export function createHiresPlan(
  body: Txt2ImgRequest,
  first: FirstPass,
  checkpoints: Checkpoint[],
): HiresPlan {
  const upscaler = body.hr_upscaler;
  const prepare = (text: string | null, part: "prompt" | "negative_prompt") =>
    text ? preparePrompt(text, body.styles ?? [], part) : null;
  const latentNames = latentModes.map(({ name }) => name);
  const latentUpscaler = upscaler === null ? "Latent" : latentNames.find((n) => n === upscaler);
  if (latentUpscaler === undefined && !upscalers.some(({ name }) => name === upscaler)) {
    throw new PythonError("Exception", `could not find upscaler named ${upscaler}`);
  }
  return {
    ...computeSizes(body, first),
    latentUpscaler: latentUpscaler ?? null,
    upscaler,
    steps: body.hr_second_pass_steps || first.steps,
    sampler: body.hr_sampler_name || first.sampler,
    schedule: body.hr_scheduler ?? first.schedule,
    cfgScale: body.hr_cfg ?? 1,
    distilledCfgScale: body.hr_distilled_cfg ?? 3.5,
    denoisingStrength: body.denoising_strength,
    prompt: prepare(body.hr_prompt, "prompt"),
    negativePrompt: prepare(body.hr_negative_prompt, "negative_prompt"),
    checkpoint: findSecondCheckpoint(body.hr_checkpoint_name, checkpoints),
    modules: body.hr_additional_modules,
  };
}

/** The size of the picture that the second pass makes: cut down to whole latent values. */
export function computeHiresSize({ scaled, cut }: HiresPlan): { width: number; height: number } {
  const toPixels = (side: number, less: number) =>
    (Math.floor(side / LATENT_CELL) - Math.floor(less / LATENT_CELL)) * LATENT_CELL;
  return {
    width: toPixels(scaled.width, cut.width),
    height: toPixels(scaled.height, cut.height),
  };
}

/** The size of ControlNet's maps for the second pass, null without hires fix. */
export function computeControlSize(
  body: Txt2ImgRequest,
  { width, height }: { width: number; height: number },
): { width: number; height: number } | null {
  if (!body.enable_hr) return null;
  const [wide, high] = [body.hr_resize_x ?? 0, body.hr_resize_y ?? 0];
  const isScaled = wide === 0 && high === 0;
  const scale = body.hr_scale ?? 0;
  const align = (side: number) => Math.max(1, Math.floor(side / LATENT_CELL)) * LATENT_CELL;
  return {
    width: align(isScaled ? width * scale : wide),
    height: align(isScaled ? height * scale : high),
  };
}

/** Fails as Forge does when the second pass begins: for what the request should have held. */
export function checkModules(plan: HiresPlan): asserts plan is HiresPlan & { modules: unknown[] } {
  if (plan.modules !== null) return;
  throw new PythonError("TypeError", "argument of type 'NoneType' is not iterable");
}

/** The strength of the second pass; throws the TypeError that a missing one causes in Forge. */
export function readStrength(plan: HiresPlan): number {
  if (plan.denoisingStrength !== null) return plan.denoisingStrength;
  const message = "'>' not supported between instances of 'NoneType' and 'int'";
  throw new PythonError("TypeError", message);
}

/** What hires fix adds to an infotext, in Forge's order; some of it only comes with the pass. */
export function describeHires(plan: HiresPlan, body: Txt2ImgRequest, sampler: string): Extra {
  const { hr_resize_x: wide, hr_resize_y: high, hr_sampler_name: name } = body;
  const isScaled = !wide && !high;
  return {
    "Denoising strength": asFloat(plan.denoisingStrength),
    ...(plan.checkpoint ? { "Hires checkpoint": getShortTitle(plan.checkpoint) } : {}),
    ...describeModules(plan.modules),
    ...(name !== null && name !== sampler ? { "Hires sampler": name } : {}),
    "Hires prompt": ({ prompt }: PictureTexts) => (plan.prompt === prompt ? null : plan.prompt),
    "Hires negative prompt": ({ negativePrompt }: PictureTexts) =>
      plan.negativePrompt === negativePrompt ? null : plan.negativePrompt,
    "Hires CFG Scale": asFloat(plan.cfgScale),
    "Hires Distilled CFG Scale": null,
    "Hires schedule type": null,
    ...(isScaled ? { "Hires upscale": asFloat(body.hr_scale ?? 0) } : {}),
    ...(isScaled ? {} : { "Hires resize": `${wide ?? 0}x${high ?? 0}` }),
    ...(body.hr_second_pass_steps ? { "Hires steps": body.hr_second_pass_steps } : {}),
    ...(plan.upscaler === null ? {} : { "Hires upscaler": plan.upscaler }),
  };
}

function describeModules(modules: readonly unknown[] | null): Extra {
  if (modules === null) return {};
  if (modules.length === 0) return { "Hires Module 1": "Built-in" };
  if (modules.includes("Use same choices")) return { "Hires Module 1": "Use same choices" };
  return Object.fromEntries(
    modules.map((name, index) => [`Hires Module ${index + 1}`, getModuleName(String(name))]),
  );
}

function findSecondCheckpoint(name: string | null, checkpoints: Checkpoint[]): Checkpoint | null {
  if (!name || name === "Use same checkpoint") return null;
  const checkpoint = findClosestCheckpoint(checkpoints, name);
  if (checkpoint) return checkpoint;
  throw new PythonError("Exception", `Could not find checkpoint with name ${name}`);
}

// calculate_target_resolution: one side alone keeps the shape, both together cut it.
function computeSizes(
  body: Txt2ImgRequest,
  { width, height }: FirstPass,
): Pick<HiresPlan, "scaled" | "cut"> {
  const wide = body.hr_resize_x ?? 0;
  const high = body.hr_resize_y ?? 0;
  const scale = body.hr_scale ?? 0;
  const byWidth = { width: wide, height: Math.floor((wide * height) / width) };
  const byHeight = { width: Math.floor((high * width) / height), height: high };
  const none = { width: 0, height: 0 };
  if (wide === 0 && high === 0) {
    const scaled = { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
    return { scaled: checkScaled(scaled, width, height), cut: none };
  }
  if (high === 0) return { scaled: byWidth, cut: none };
  if (wide === 0) return { scaled: byHeight, cut: none };
  const scaled = width / height < wide / high ? byWidth : byHeight;
  return { scaled, cut: { width: scaled.width - wide, height: scaled.height - high } };
}

function checkScaled(scaled: HiresPlan["scaled"], width: number, height: number) {
  const toCells = (side: number) => Math.floor(side / LATENT_CELL);
  const [high, wide] = [toCells(scaled.height), toCells(scaled.width)];
  if (high > 0 && wide > 0) return scaled;
  const message =
    "Input and output sizes should be greater than 0, but got " +
    `input (H: ${toCells(height)}, W: ${toCells(width)}) output (H: ${high}, W: ${wide})`;
  throw new PythonError("RuntimeError", message);
}
