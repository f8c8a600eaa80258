import {
  type Catalogue,
  type CheckpointMatch,
  CONTROLNET_TITLE,
  controlNetUnits,
  type KnownCheckpoint,
  modelFileStem,
  type ResolvedParams,
  resolveCheckpoint,
} from "@mobilesd/contract";
import type { Failure } from "../failure/failure.ts";
import { checkNegativePrompt, checkPrompt } from "./check-prompt.ts";
import { describeMissing } from "./describe-missing.ts";
import { refusal } from "./refusal.ts";
import { checkTitles } from "./script-titles.ts";

type Found = Generator<Failure>;

function* oneOf(kind: string, field: string, name: string, names: readonly string[]): Found {
  if (!names.includes(name)) {
    yield refusal("missing_name", field, describeMissing(kind, name, names));
  }
}

function matchCheckpoint(given: string, catalogue: Catalogue): CheckpointMatch<KnownCheckpoint> {
  const known = catalogue.checkpoints.map(({ name, basename, hash, sha256 }) => ({
    name,
    key: basename,
    hash: sha256 ?? hash,
  }));
  return resolveCheckpoint(given, known);
}

/** Forge would take whichever name holds the written one, so that it must mean exactly one file. */
function* checkpoint(field: string, given: string | undefined, catalogue: Catalogue): Found {
  if (given === undefined) return;
  const match = matchCheckpoint(given, catalogue);
  if (match.type === "unknown") {
    const names = catalogue.checkpoints.map((one) => one.basename);
    yield refusal("missing_name", field, describeMissing("checkpoint", given, names));
  } else if (match.type === "ambiguous") {
    const message = `"${given}" is more than one file here: write ${match.choices.join(" or ")}`;
    yield refusal("invalid_job", field, message);
  }
}

/** The host's name of a module, which an infotext writes without its ending. */
function findModule(given: string, modules: readonly string[]): string | undefined {
  if (modules.includes(given)) return given;
  const fitting = modules.filter((name) => modelFileStem(name) === given);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function* modules(
  field: string,
  given: readonly string[] = [],
  { modules: known }: Catalogue,
): Found {
  for (const name of given) {
    if (findModule(name, known) === undefined) {
      yield refusal("missing_name", field, describeMissing("VAE or text encoder", name, known));
    }
  }
}

function* scheduler(field: string, given: string | undefined, { schedulers }: Catalogue): Found {
  const names = schedulers.flatMap((one) => [one.label, one.name]);
  if (given !== undefined) yield* oneOf("scheduler", field, given, names);
}

function* hiresNames({ hires }: ResolvedParams, catalogue: Catalogue): Found {
  if (!hires) return;
  const upscalers = [...catalogue.latent_upscale_modes, ...catalogue.upscalers];
  yield* oneOf("upscaler", "hires.upscaler", hires.upscaler, upscalers);
  yield* checkpoint("hires.checkpoint_name", hires.checkpoint_name, catalogue);
  yield* modules("hires.modules", hires.modules, catalogue);
  if (hires.sampler_name !== undefined) {
    yield* oneOf("sampler", "hires.sampler_name", hires.sampler_name, catalogue.samplers);
  }
  yield* scheduler("hires.scheduler", hires.scheduler, catalogue);
  yield* checkPrompt(hires.prompt ?? "", "hires.prompt", catalogue.loras);
  yield* checkNegativePrompt(hires.negative_prompt ?? "", "hires.negative_prompt");
}

function* controlNetNames(params: ResolvedParams, catalogue: Catalogue): Found {
  const { alwayson_scripts } = params;
  const title = Object.keys(alwayson_scripts ?? {}).find(
    (one) => one.toLowerCase() === CONTROLNET_TITLE,
  );
  for (const [at, unit] of controlNetUnits(alwayson_scripts).entries()) {
    if (!unit.enabled) continue;
    const field = `alwayson_scripts.${title}.args.${at}`;
    const { controlnet_models, controlnet_modules } = catalogue;
    yield* oneOf("ControlNet model", `${field}.model`, unit.model, controlnet_models);
    yield* oneOf("ControlNet preprocessor", `${field}.module`, unit.module, controlnet_modules);
  }
}

function* allNames(params: ResolvedParams, checkpointName: string, catalogue: Catalogue): Found {
  if (!catalogue.checkpoints.some((one) => one.name === checkpointName)) {
    const names = catalogue.checkpoints.map((one) => one.name);
    const message = describeMissing("checkpoint", checkpointName, names);
    yield refusal("missing_name", "checkpoint_name", message);
  }
  yield* oneOf("sampler", "sampler_name", params.sampler_name, catalogue.samplers);
  yield* scheduler("scheduler", params.scheduler, catalogue);
  for (const style of params.styles) yield* oneOf("style", "styles", style, catalogue.styles);
  yield* modules("modules", params.modules, catalogue);
  yield* checkpoint("refiner.checkpoint_name", params.refiner?.checkpoint_name, catalogue);
  yield* checkPrompt(params.positive_prompt, "positive_prompt", catalogue.loras);
  yield* checkNegativePrompt(params.negative_prompt, "negative_prompt");
  yield* hiresNames(params, catalogue);
  yield* checkTitles(params, catalogue);
  yield* controlNetNames(params, catalogue);
}

/**
 * What a job names and this Forge does not have, or does not have in this spelling. Forge itself takes
 * another one in silence, for nearly every kind of name. Null: all is there. Pure.
 */
export function findMissingName(
  params: ResolvedParams,
  checkpointName: string,
  catalogue: Catalogue,
): Failure | null {
  const [first = null] = allNames(params, checkpointName, catalogue);
  return first;
}

/** What a job names, in the host's own spelling. */
export interface HostNames {
  readonly checkpoints: {
    readonly main: string;
    readonly refiner: string | null;
    readonly hires: string | null;
  };
  /**
   * By label. Forge takes a name as well, but for the second pass it knows the sampler's own schedule only as
   * "Automatic" (sd_samplers_kdiffusion.py `get_sigmas`). Null: as the first pass.
   */
  readonly schedulers: { readonly main: string; readonly hires: string | null };
  /** VAE and text encoders; null as the host has them (hires: as the first pass). */
  readonly modules: {
    readonly main: readonly string[] | null;
    readonly hires: readonly string[] | null;
  };
}

/** The host's own spelling of names that `findMissingName` has found to be there. Pure. */
export function hostNamesOf(
  params: ResolvedParams,
  checkpointName: string,
  catalogue: Catalogue,
): HostNames {
  const checkpointOf = (given: string | undefined) => {
    const match = given === undefined ? null : matchCheckpoint(given, catalogue);
    return match?.type === "found" ? match.checkpoint.name : null;
  };
  const labelOf = (given: string) =>
    catalogue.schedulers.find((one) => one.name === given || one.label === given)?.label ?? given;
  const modulesOf = (given: readonly string[] | undefined) =>
    given?.map((name) => findModule(name, catalogue.modules) ?? name) ?? null;
  return {
    checkpoints: {
      main: checkpointName,
      refiner: checkpointOf(params.refiner?.checkpoint_name),
      hires: checkpointOf(params.hires?.checkpoint_name),
    },
    schedulers: {
      main: labelOf(params.scheduler),
      hires: params.hires?.scheduler === undefined ? null : labelOf(params.hires.scheduler),
    },
    modules: { main: modulesOf(params.modules), hires: modulesOf(params.hires?.modules) },
  };
}
