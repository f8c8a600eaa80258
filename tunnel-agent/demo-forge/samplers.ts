import samplers from "./lists/samplers.json" with { type: "json" };
import schedulers from "./lists/schedulers.json" with { type: "json" };

/** What a request's sampler and scheduler became. */
export interface SamplerChoice {
  sampler: string;
  /** The label that stands in the infotext before anything was sampled. */
  schedule: string;
}

const SCHEDULERS = schedulers.map((scheduler) => ({
  name: scheduler.name,
  label: scheduler.label,
  spellings: [scheduler.label, scheduler.name, ...(scheduler.aliases ?? [])],
}));

type Scheduler = (typeof SCHEDULERS)[number];

const AUTOMATIC = "Automatic";

/** Samplers that know no schedulers (modules/sd_samplers_timesteps.py). */
const TIMESTEP_SAMPLERS = new Set(["DDIM", "DDIM CFG++", "PLMS", "UniPC"]);

/** Samplers that draw noise at each step, as strong as the option of that name says. */
const NOISE_OPTIONS: Record<string, "eta_ancestral" | "eta_ddim"> = {
  "DPM++ SDE": "eta_ancestral",
  "DPM++ 2M SDE": "eta_ancestral",
  "DPM++ 2M SDE Heun": "eta_ancestral",
  "DPM++ 2S a": "eta_ancestral",
  "DPM++ 3M SDE": "eta_ancestral",
  "Euler a": "eta_ancestral",
  "DPM2 a": "eta_ancestral",
  "DPM fast": "eta_ancestral",
  "DPM adaptive": "eta_ancestral",
  DDIM: "eta_ddim",
  "DDIM CFG++": "eta_ddim",
};

/**
 * Chooses as Forge does: anything unknown becomes the first of its list, without a word. A
 * scheduler at the end of the sampler's name counts only when none is asked for.
 */
export function resolveSampler(samplerName: string, schedulerName: string | null): SamplerChoice {
  const [name, ending] = splitName(samplerName);
  const sampler = samplers.find((known) => known.name === name) ?? samplers[0];
  const scheduler = schedulerName ? findScheduler(schedulerName) : ending;
  return { sampler: sampler?.name ?? name, schedule: scheduler?.label ?? AUTOMATIC };
}

function splitName(samplerName: string): [name: string, ending: Scheduler | undefined] {
  for (const known of SCHEDULERS) {
    const ending = known.spellings.find((spelling) => samplerName.endsWith(` ${spelling}`));
    if (ending !== undefined) return [samplerName.slice(0, -(ending.length + 1)), known];
  }
  return [samplerName, undefined];
}

/** Whether Forge has a sampler of exactly this name. */
export function isSampler(name: string): boolean {
  return samplers.some((known) => known.name === name);
}

/**
 * The label of the scheduler that really makes the noise levels: "Automatic" becomes the sampler's
 * own, but only when it is spelled so. Null when that is the model's plain one, and for samplers that
 * know no schedulers.
 */
export function resolveSchedule(sampler: string, schedule: string): string | null {
  if (TIMESTEP_SAMPLERS.has(sampler)) return null;
  const known = findScheduler(schedule === AUTOMATIC ? readOption(sampler, "scheduler") : schedule);
  return known === undefined || known.label === AUTOMATIC ? null : known.label;
}

/** The option that sets a sampler's noise; null for samplers that draw none while sampling. */
export function getNoiseOption(sampler: string): "eta_ancestral" | "eta_ddim" | null {
  return NOISE_OPTIONS[sampler] ?? null;
}

/** Whether "Eta noise seed delta" reaches this sampler. */
export function usesNoiseSeedDelta(sampler: string): boolean {
  return readOption(sampler, "uses_ensd") === true;
}

function readOption(sampler: string, option: string): unknown {
  const options: Record<string, unknown> =
    samplers.find((known) => known.name === sampler)?.options ?? {};
  return options[option];
}

function findScheduler(name: unknown) {
  return SCHEDULERS.find((known) => known.name === name || known.label === name);
}
