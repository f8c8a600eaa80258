import { type ErrorDetail, LIMITS, QUALITY_PRESET_STEPS, STEPS_DEFAULT } from "@mobilesd/contract";
import type { GenerationParams } from "@mobilesd/contract";
import { distance } from "fastest-levenshtein";
import { err, ok, type Result } from "./result.ts";

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
  | "script";

/** One name of a server's catalogue. For a checkpoint `key` is its basename, for a scheduler its label. */
export interface CatalogueName {
  readonly kind: NameKind;
  readonly name: string;
  readonly key: string;
  readonly hash: string | null;
}

const MODEL_FILE_ENDING = /\.(safetensors|ckpt|gguf|pth|pt|bin|sft)$/i;
const HASH_IN_TITLE = / \[[0-9a-f]{8,64}\]$/;

const withSlashes = (name: string) => name.replaceAll("\\", "/");
const lastPart = (name: string) => name.slice(name.lastIndexOf("/") + 1);

/**
 * The basenames that a written checkpoint may mean, to look them up by: Forge also knows a file as
 * `folder_basename` (`model_name`), so every part behind an underscore is a candidate.
 */
export function checkpointKeys(given: string): string[] {
  const bare = lastPart(withSlashes(given).replace(HASH_IN_TITLE, "")).replace(
    MODEL_FILE_ENDING,
    "",
  );
  const keys = [bare];
  for (let at = bare.indexOf("_"); at >= 0 && keys.length < 16; at = bare.indexOf("_", at + 1)) {
    keys.push(bare.slice(at + 1));
  }
  return keys;
}

/** Whether a text may be a hash of a checkpoint: Forge takes 10 or 64 digits of its sha256. */
export function isCheckpointHash(given: string): boolean {
  return /^([0-9a-f]{10}|[0-9a-f]{64})$/.test(given);
}

/** Every form in which Forge's users write a checkpoint (forge-reference 1.6.4, Forge `CheckpointInfo`). */
function aliasesOf(checkpoint: CatalogueName): string[] {
  const path = withSlashes(checkpoint.name);
  const modelName = path.replace(MODEL_FILE_ENDING, "").replaceAll("/", "_");
  const plain = [path, lastPart(path), checkpoint.key, modelName];
  if (checkpoint.hash === null) return plain;
  const short = checkpoint.hash.slice(0, 10);
  return [...plain, checkpoint.hash, short, `${path} [${short}]`, `${checkpoint.key} [${short}]`];
}

export type NameRefusal =
  | { readonly code: "unknown_name" }
  | { readonly code: "ambiguous_name"; readonly choices: string[] };

/** The one checkpoint that `given` means among those of the catalogue that share its keys. */
export function resolveCheckpoint(
  given: string,
  candidates: readonly CatalogueName[],
): Result<CatalogueName, NameRefusal> {
  const written = withSlashes(given);
  const exact = candidates.find((one) => withSlashes(one.name) === written);
  if (exact) return ok(exact);
  const bare = written.replace(HASH_IN_TITLE, "");
  const fitting = candidates.filter((one) => {
    const aliases = aliasesOf(one);
    return aliases.includes(written) || (one.hash === null && aliases.includes(bare));
  });
  const [only] = fitting;
  if (only === undefined) return err({ code: "unknown_name" });
  if (fitting.length > 1)
    return err({ code: "ambiguous_name", choices: fitting.map((one) => one.name) });
  return ok(only);
}

/** The names nearest to one that is not there, best first: what the user may have meant. */
export function nearestNames(given: string, names: readonly string[]): string[] {
  const wanted = given.toLowerCase();
  const score = (name: string) => {
    const lower = name.toLowerCase();
    if (lower === wanted) return -1;
    const part = lastPart(withSlashes(lower)).replace(MODEL_FILE_ENDING, "");
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
    const message = "not a scheduler of this server";
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
    const message = "neither a scheduler of this server nor Speed, Balanced or Quality";
    return err({ field, message, isUnknownName: true });
  }
  if (asked !== undefined && asked !== named) {
    return err({ field, message: "says something else than scheduler", isUnknownName: false });
  }
  return ok({ steps: params.steps ?? STEPS_DEFAULT, scheduler: named });
}
