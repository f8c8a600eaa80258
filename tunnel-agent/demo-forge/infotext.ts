import { getBaseName, getShortHash } from "./checkpoints.ts";
import type { Plan } from "./plan.ts";
import { formatFloat, isFloatKey } from "./python-json.ts";

/** Writes the text of one picture, as `infotexts` and the PNG hold it (create_infotext). */
export function createInfotext(plan: Plan, index: number): string {
  const isVaried = plan.subseedStrength !== 0;
  const values: Record<string, string | number | null | undefined> = {
    Steps: plan.steps,
    Sampler: plan.sampler,
    "Schedule type": plan.schedule,
    "CFG scale": formatFloat(plan.cfgScale),
    "Distilled CFG Scale":
      plan.distilledCfgScale === null ? null : formatFloat(plan.distilledCfgScale),
    Seed: plan.seeds[index],
    "Face restoration": plan.restoreFaces ? "CodeFormer" : null,
    Size: `${plan.width}x${plan.height}`,
    "Model hash": getShortHash(plan.checkpoint),
    Model: getBaseName(plan.checkpoint),
    "Variation seed": isVaried ? plan.subseeds[index] : null,
    "Variation seed strength": isVaried ? formatFloat(plan.subseedStrength) : null,
    "Denoising strength": null,
    "Clip skip": plan.clipSkip > 1 ? plan.clipSkip : null,
    ...plan.extra,
    Version: plan.version,
  };
  for (const [number, module] of plan.modules.entries()) {
    values[`Module ${number + 1}`] = module.replace(/\.[^.]+$/, "");
  }
  const line = Object.entries(values).flatMap(([key, value]) => writePair(key, value));
  const negative = plan.negativePrompt === "" ? "" : `\nNegative prompt: ${plan.negativePrompt}`;
  return `${plan.prompt}${negative}\n${line.join(", ")}`.trim();
}

function writePair(key: string, value: string | number | null | undefined): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === "number" && isFloatKey(key)) return [`${key}: ${formatFloat(value)}`];
  return [key === value ? key : `${key}: ${quoteValue(value)}`];
}

function quoteValue(value: string | number): string {
  const text = String(value);
  return /[,\n:]/.test(text) ? JSON.stringify(text) : text;
}
