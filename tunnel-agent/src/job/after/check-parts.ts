import { win32 } from "node:path";
import {
  checkpointKeys,
  isCheckpointHash,
  type JobWarning,
  lorasOf,
  type ResolvedParams,
} from "@mobilesd/contract";
import { type Failure, notAsAsked } from "../failure/failure.ts";
import type { Evidence } from "./asked.ts";
import { asListed, type InfotextLine } from "./infotext.ts";

/** What each check looks at: the request, and one result's parameters. */
type Check = (evidence: Evidence, line: InfotextLine) => Failure | null;

/** Whether an infotext's "name" or "name [hash]" is a checkpoint, written in any of Forge's forms. */
function isCheckpoint(told: string, asked: string): boolean {
  if (isCheckpointHash(asked)) return told.endsWith(`[${asked.slice(0, 10)}]`);
  const ran = told.replace(/ \[[0-9a-f]{8,64}\]$/, "");
  return [asked, ...checkpointKeys(asked)].includes(ran);
}

function hiresSizeAsked(body: Readonly<Record<string, unknown>>): [key: string, value: string] {
  const { hr_resize_x: width = 0, hr_resize_y: height = 0, hr_scale } = body;
  return width || height
    ? ["Hires resize", `${width}x${height}`]
    : ["Hires upscale", String(hr_scale)];
}

/** Python writes a whole number as 2.0. */
const isSameValue = (told: string, asked: string) =>
  told === asked || Number(told) === Number(asked);

const findLostHires: Check = ({ asked }, line) => {
  const { body } = asked.request;
  if (body.enable_hr !== true) return null;
  const upscaler = line.get("Hires upscaler");
  if (upscaler === undefined) return notAsAsked("hires", "Forge left out the hires fix.");
  if (typeof body.hr_upscaler === "string" && upscaler !== body.hr_upscaler) {
    const message = `Forge used the upscaler "${upscaler}" instead of "${body.hr_upscaler}".`;
    return notAsAsked("hires.upscaler", message);
  }
  const [key, value] = hiresSizeAsked(body);
  const told = line.get(key);
  if (told === undefined || !isSameValue(told, value)) {
    const ran = line.get("Hires resize") ?? line.get("Hires upscale") ?? "nothing";
    const message = `Forge's hires fix used the size or factor ${ran} instead of ${value}.`;
    return notAsAsked("hires", message);
  }
  const checkpoint = body.hr_checkpoint_name;
  if (typeof checkpoint !== "string" || checkpoint === "Use same checkpoint") return null;
  const ran = line.get("Hires checkpoint") ?? asked.checkpoint.basename;
  if (isCheckpoint(ran, checkpoint)) return null;
  const message = `Forge's hires fix used the model "${ran}" instead of "${checkpoint}".`;
  return notAsAsked("hires.checkpoint_name", message);
};

/** Steps that the sampler takes in the pass in which the refiner takes over (sd_samplers_common.py). */
function refinedSteps({ params, request }: Evidence["asked"]): number {
  const { hires_fix_refiner_pass } = request.overrides;
  if (params.hires && hires_fix_refiner_pass !== "first pass") {
    return params.hires.steps || params.steps;
  }
  const strength = params.img2img?.denoising_strength ?? 1;
  return Math.min(Math.trunc(Math.min(strength, 0.999) * params.steps) + 1, params.steps);
}

/**
 * The refiner takes over at the first step that lies at or behind `switch_at`; a job whose last step comes
 * before never meets it, on Forge's own page either.
 */
const findLostRefiner: Check = ({ asked }, line) => {
  const { refiner } = asked.params;
  const sent = asked.request.body.refiner_checkpoint;
  if (!refiner || typeof sent !== "string") return null;
  const told = line.get("Refiner");
  if (told === undefined) {
    const steps = refinedSteps(asked);
    const isOwnModel = checkpointKeys(sent).includes(asked.checkpoint.basename);
    const isReached = refiner.switch_at <= (steps - 1) / steps;
    // An adaptive sampler takes as many steps as it likes.
    const isCounted = !asked.params.sampler_name.includes("adaptive");
    if (isOwnModel || !isReached || !isCounted) return null;
    return notAsAsked("refiner", "Forge never switched to the refiner.");
  }
  if (!isCheckpoint(told, sent)) {
    const message = `Forge used the refiner "${told}" instead of "${refiner.checkpoint_name}".`;
    return notAsAsked("refiner.checkpoint_name", message);
  }
  const at = line.get("Refiner switch at");
  if (at !== undefined && isSameValue(at, String(refiner.switch_at))) return null;
  const message = `Forge switched to the refiner at ${at} instead of ${refiner.switch_at}.`;
  return notAsAsked("refiner.switch_at", message);
};

/** A refiner that never took part although nothing went wrong: Forge's page would leave it out as well. */
export function unusedRefiner({ asked, lines }: Evidence): JobWarning[] {
  const isSent = typeof asked.request.body.refiner_checkpoint === "string";
  if (!asked.params.refiner || !isSent || lines.some((line) => line.has("Refiner"))) return [];
  const message =
    "The refiner took no part: it takes over behind the last step, or is the checkpoint itself.";
  return [{ code: "refiner_unused", message, field: "refiner" }];
}

const sorted = (names: readonly string[]) => names.toSorted().join(", ");

/** An infotext names modules by file name without the ending; Forge drops unknown ones in silence. */
const findLostModules: Check = ({ asked }, line) => {
  const sent = asked.request.overrides.forge_additional_modules;
  if (!Array.isArray(sent)) return null;
  const wanted = sorted(sent.map((name) => win32.parse(String(name)).name));
  const ran = sorted([...line].filter(([key]) => /^Module \d+$/.test(key)).map(([, name]) => name));
  if (ran === wanted) return null;
  const message = `Forge used other VAE and text encoders than this job's: ${ran || "none"} instead of ${wanted || "none"}.`;
  return notAsAsked("modules", message);
};

/** The names before the last colon of each "name: hash, name: hash". */
function namesWithHash(value: string): string[] {
  return value.split(",").map((pair) => pair.slice(0, pair.lastIndexOf(":")).trim());
}

function lorasAsked({ positive_prompt, hires }: ResolvedParams): Map<string, string> {
  const inHires = lorasOf(hires?.prompt ?? "").map((name) => [name, "hires.prompt"] as const);
  const inPrompt = lorasOf(positive_prompt).map((name) => [name, "positive_prompt"] as const);
  return new Map([...inHires, ...inPrompt]);
}

const lorasTold = (lines: readonly InfotextLine[]) =>
  lines.map((line) => line.get("Lora hashes")).filter((value) => value !== undefined);

/**
 * LoRAs by the line of their hashes. It holds only files that Forge has hashed: on a Forge that hashes
 * nothing, as the model's own missing hash tells, what is not in it may have worked all the same.
 */
function findLostLora({ asked, answer, lines }: Evidence): Failure | null {
  const { info } = answer;
  const told = lorasTold(lines);
  if (told.length === 0 || !info.sd_model_hash) return null;
  const ran = new Set(told.flatMap(namesWithHash));
  for (const [name, field] of lorasAsked(asked.params)) {
    const tag = `<lora:${name}`;
    // A script of the server may have chosen among several tags: only what is left can be missing.
    const isLeft = field !== "positive_prompt" || info.all_prompts.some((one) => one.includes(tag));
    if (isLeft && !ran.has(asListed(name))) {
      return notAsAsked(field, `Forge did not use the LoRA "${name}".`);
    }
  }
  return null;
}

/**
 * LoRAs of which a Forge that hashes its files says nothing at all. One that it cannot find makes it drop all
 * of a prompt's, and their line with them; but its owner may as well have switched that line off.
 */
export function unprovenLoras({ asked, answer, lines }: Evidence): JobWarning[] {
  const { info } = answer;
  if (!info.sd_model_hash || lorasTold(lines).length > 0) return [];
  const isInPrompt = info.all_prompts.some((prompt) => lorasOf(prompt).length > 0);
  const isInHires = lorasOf(asked.params.hires?.prompt ?? "").length > 0;
  if (!isInPrompt && !isInHires) return [];
  const message =
    "Whether the LoRAs took part cannot be seen in Forge's answer: one that it cannot find makes it leave out all of them.";
  const field = isInPrompt ? "positive_prompt" : "hires.prompt";
  return [{ code: "lora_unproven", message, field }];
}

const CHECKS: readonly Check[] = [findLostHires, findLostRefiner, findLostModules];

/**
 * Whether the parts of a job left their traces in its results: hires fix, refiner, modules and LoRAs. Where
 * an answer proves nothing, nothing is found. Null: nothing is missing. Pure.
 */
export function checkParts(evidence: Evidence): Failure | null {
  for (const line of evidence.lines) {
    for (const check of CHECKS) {
      const found = check(evidence, line);
      if (found) return found;
    }
  }
  return findLostLora(evidence);
}
