import {
  CONTROLNET_TITLE,
  checkpointKeys,
  controlNetUnits,
  type GenerationParams,
  lorasOf,
  type ResolvedParams,
  resolveCheckpoint,
} from "@mobilesd/contract";
import type { CatalogueName, NameKind, Tab } from "./names.ts";

/** A name in a request: where it stands, relative to `generation_params`, and in which lists it must be. */
export interface JobName {
  readonly field: string;
  readonly kinds: readonly [NameKind, ...NameKind[]];
  readonly given: string;
}

type Wanted = Pick<JobName, "kinds" | "given">;

/** What a catalogue has under the keys of a name: those that it may mean. */
export type Known = (wanted: Wanted) => readonly CatalogueName[];

/** The page of Forge on which a job would be made. */
function tabOf({ img2img }: Pick<GenerationParams, "img2img">): Tab {
  return img2img ? "img2img" : "txt2img";
}

function named(field: string, kind: NameKind, given: readonly (string | undefined)[]): JobName[] {
  const there = given.filter((name) => name !== undefined);
  return there.map((name) => ({ field, kinds: [kind], given: name }));
}

function hiresNames(hires: NonNullable<GenerationParams["hires"]>): JobName[] {
  return [
    {
      field: "hires.upscaler",
      kinds: ["latent_upscale_mode", "upscaler"],
      given: hires.upscaler,
    },
    ...named("hires.checkpoint_name", "checkpoint", [hires.checkpoint_name]),
    ...named("hires.sampler_name", "sampler", [hires.sampler_name]),
    ...named("hires.scheduler", "scheduler", [hires.scheduler]),
    ...named("hires.modules", "module", hires.modules ?? []),
    ...named("hires.prompt", "lora", lorasOf(hires.prompt ?? "")),
  ];
}

function controlNetNames(scripts: GenerationParams["alwayson_scripts"], field: string): JobName[] {
  return controlNetUnits(scripts).flatMap((unit, at) => {
    if (!unit.enabled) return [];
    const path = `${field}.args.${at}`;
    return [
      ...named(`${path}.model`, "controlnet_model", [unit.model]),
      ...named(`${path}.module`, "controlnet_module", [unit.module]),
    ];
  });
}

function scriptNames(params: GenerationParams): JobName[] {
  const { script, alwayson_scripts = {} } = params;
  const tab = tabOf(params);
  // Forge compares titles in lower case.
  const selected = named("script.name", `${tab}_script`, [script?.name.toLowerCase()]);
  const alwaysOn = Object.keys(alwayson_scripts).flatMap((title) => {
    const field = `alwayson_scripts.${title}`;
    const isControlNet = title.toLowerCase() === CONTROLNET_TITLE;
    return [
      ...named(field, `${tab}_alwayson`, [title.toLowerCase()]),
      ...(isControlNet ? controlNetNames(alwayson_scripts, field) : []),
    ];
  });
  return [...selected, ...alwaysOn];
}

/** The checkpoint that a job asks for. */
export function checkpointOf({ checkpoint_name: given }: GenerationParams): JobName {
  return { field: "checkpoint_name", kinds: ["checkpoint"], given };
}

/** The words that may name the scheduler of the first pass, or a quality of our own. */
export function scheduleWords(params: GenerationParams): JobName[] {
  const { scheduler, scheduler_or_quality_preset } = params;
  return [
    ...named("scheduler", "scheduler", [scheduler]),
    ...named("scheduler_or_quality_preset", "scheduler", [scheduler_or_quality_preset]),
  ];
}

/**
 * Every other name of a job that a server must have. Forge would run the job without what it does not
 * have, or with something else.
 */
export function namesOf(params: GenerationParams): JobName[] {
  return [
    ...named("sampler_name", "sampler", [params.sampler_name]),
    ...named("styles", "style", params.styles),
    ...named("positive_prompt", "lora", lorasOf(params.positive_prompt)),
    ...named("refiner.checkpoint_name", "checkpoint", [params.refiner?.checkpoint_name]),
    ...scriptNames(params),
    ...named("modules", "module", params.modules ?? []),
    ...(params.hires ? hiresNames(params.hires) : []),
  ];
}

/** Under what a name is looked up. */
export function keysOf({ kinds, given }: Wanted): { kind: NameKind; key: string }[] {
  return kinds.flatMap((kind) => {
    const keys = kind === "checkpoint" ? checkpointKeys(given) : [given];
    return keys.map((key) => ({ kind, key }));
  });
}

/** What a written name means: one of the server's own, none, or several that share it. */
export type NameMatch =
  | { readonly type: "found"; readonly name: string }
  | { readonly type: "unknown" }
  | { readonly type: "ambiguous"; readonly choices: string[] };

/** The one name of the server that is meant; of several under one key the one that is written exactly so. */
export function matchName(wanted: Wanted, known: Known): NameMatch {
  const candidates = known(wanted);
  if (wanted.kinds[0] === "checkpoint") {
    const match = resolveCheckpoint(wanted.given, candidates);
    return match.type === "found" ? { type: "found", name: match.checkpoint.name } : match;
  }
  const names = [...new Set(candidates.map((one) => one.name))];
  const [only] = names.includes(wanted.given) ? [wanted.given] : names;
  if (only === undefined) return { type: "unknown" };
  if (only !== wanted.given && names.length > 1) return { type: "ambiguous", choices: names };
  return { type: "found", name: only };
}

/** A job whose names are all known, with the server's own spelling wherever Forge takes no other. */
export function respell(params: ResolvedParams, known: Known): ResolvedParams {
  const { modules, hires } = params;
  const spell = (kind: NameKind, given: string) => {
    const match = matchName({ kinds: [kind], given }, known);
    return match.type === "found" ? match.name : given;
  };
  const spellAll = (names: readonly string[]) => names.map((name) => spell("module", name));
  const respelled = hires && {
    ...hires,
    ...(hires.modules && { modules: spellAll(hires.modules) }),
    ...(hires.scheduler !== undefined && { scheduler: spell("scheduler", hires.scheduler) }),
  };
  return {
    ...params,
    ...(modules && { modules: spellAll(modules) }),
    ...(respelled && { hires: respelled }),
  };
}
