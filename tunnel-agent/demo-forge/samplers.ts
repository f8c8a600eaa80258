import samplers from "./lists/samplers.json" with { type: "json" };
import schedulers from "./lists/schedulers.json" with { type: "json" };

/** What a request's sampler and scheduler became. */
export interface SamplerChoice {
  sampler: string;
  /** The label that infotexts show as "Schedule type". */
  schedule: string;
}

const SCHEDULER_NAMES = schedulers.map((scheduler) => ({
  name: scheduler.name,
  label: scheduler.label,
  spellings: [scheduler.label, scheduler.name, ...(scheduler.aliases ?? [])],
}));

/** Chooses as Forge does: anything unknown becomes the first of its list, without a word. */
export function resolveSampler(samplerName: string, schedulerName: string | null): SamplerChoice {
  let name = samplerName;
  let scheduler = SCHEDULER_NAMES.find(
    (known) => known.name === schedulerName || known.label === schedulerName,
  );
  for (const known of SCHEDULER_NAMES) {
    const ending = known.spellings.find((spelling) => name.endsWith(` ${spelling}`));
    if (ending === undefined) continue;
    scheduler = known;
    name = name.slice(0, -(ending.length + 1));
    break;
  }
  const sampler = samplers.find((known) => known.name === name) ?? samplers[0];
  const own = SCHEDULER_NAMES.find((known) => known.name === sampler?.options.scheduler);
  const isAutomatic = scheduler === undefined || scheduler.name === "automatic";
  return {
    sampler: sampler?.name ?? name,
    schedule: (isAutomatic ? own?.label : scheduler?.label) ?? "Automatic",
  };
}
