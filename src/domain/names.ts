import {
  type ErrorDetail,
  type GenerationParams,
  type KnownCheckpoint,
  LIMITS,
  modelFileStem,
  QUALITY_PRESET_STEPS,
  STEPS_DEFAULT,
} from "@mobilesd/contract";
import { distance } from "fastest-levenshtein";
import { err, ok, type Result } from "./result.ts";

/** Forge keeps its scripts apart by the page they work on: with an input picture or without. */
export type Tab = "txt2img" | "img2img";

/** One of the page's list, or one that is always there. */
export type ScriptKind = `${Tab}_${"script" | "alwayson"}`;

/** What a catalogue knows by name. */
export type NameKind =
  | "checkpoint"
  | "sampler"
  | "scheduler"
  | "style"
  | "module"
  | "lora"
  | "embedding"
  | "upscaler"
  | "latent_upscale_mode"
  | "controlnet_model"
  | "controlnet_module"
  | ScriptKind;

/** One name of a server's catalogue, under one of the keys by which a request may look it up. */
export interface CatalogueName extends KnownCheckpoint {
  readonly kind: NameKind;
}

/** The names nearest to one that is not there, best first: what the user may have meant. */
export function nearestNames(given: string, names: readonly string[]): string[] {
  const wanted = given.toLowerCase();
  const score = (name: string) => {
    const lower = name.toLowerCase();
    if (lower === wanted) return -1;
    const part = modelFileStem(lower);
    const near = Math.min(distance(wanted, lower), distance(wanted, part));
    return lower.includes(wanted) || wanted.includes(part) ? Math.min(near, 1) : near;
  };
  return names
    .map((name) => ({ name, distance: score(name) }))
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, LIMITS.nearestMatchesMax)
    .map((one) => one.name);
}

const SCHEDULER_DEFAULT = "Automatic";

function isQualityPreset(word: string): word is keyof typeof QUALITY_PRESET_STEPS {
  return Object.hasOwn(QUALITY_PRESET_STEPS, word);
}

/**
 * Decides steps and scheduler. A scheduler is known by name or by label; without a catalogue
 * (`schedulers` null) the word is kept as it is. A quality preset gives steps where none were given.
 */
export function resolveSchedule(
  params: GenerationParams,
  schedulers: readonly CatalogueName[] | null,
): Result<{ steps: number; scheduler: string }, ErrorDetail & { isUnknownName: boolean }> {
  const find = (word: string) =>
    schedulers === null
      ? word
      : schedulers.find((one) => one.name === word || one.key === word)?.name;
  const asked = params.scheduler === undefined ? undefined : find(params.scheduler);
  if (params.scheduler !== undefined && asked === undefined) {
    const message = `this server has no scheduler "${params.scheduler}"`;
    return err({ field: "generation_params.scheduler", message, isUnknownName: true });
  }
  const word = params.scheduler_or_quality_preset;
  const field = "generation_params.scheduler_or_quality_preset";
  if (word === undefined) {
    return ok({ steps: params.steps ?? STEPS_DEFAULT, scheduler: asked ?? SCHEDULER_DEFAULT });
  }
  const named = find(word);
  if (isQualityPreset(word) && (schedulers === null || named === undefined)) {
    if (params.scheduler !== undefined) {
      return err({ field, message: "says something else than scheduler", isUnknownName: false });
    }
    return ok({ steps: params.steps ?? QUALITY_PRESET_STEPS[word], scheduler: SCHEDULER_DEFAULT });
  }
  if (named === undefined) {
    const message = `"${word}" is neither a scheduler of this server nor Speed, Balanced or Quality`;
    return err({ field, message, isUnknownName: true });
  }
  if (asked !== undefined && asked !== named) {
    return err({ field, message: "says something else than scheduler", isUnknownName: false });
  }
  return ok({ steps: params.steps ?? STEPS_DEFAULT, scheduler: named });
}
