import { type Catalogue, lorasOf, type ResolvedParams } from "@mobilesd/contract";
import { type Failure, failure } from "./failure.ts";

/**
 * What a job names and this Forge does not have. Forge itself takes another one in silence, for nearly
 * every kind of name, so this comes before anything is sent. Null: all is there.
 */
export function findMissingName(
  params: ResolvedParams,
  checkpointName: string,
  catalogue: Catalogue,
): Failure | null {
  const missing = (kind: string, field: string, name: string) =>
    failure("user", "missing_name", `This Forge has no ${kind} "${name}"`, field);
  if (!catalogue.checkpoints.some((one) => one.name === checkpointName)) {
    return missing("checkpoint", "checkpoint_name", checkpointName);
  }
  if (!catalogue.samplers.includes(params.sampler_name)) {
    return missing("sampler", "sampler_name", params.sampler_name);
  }
  const { scheduler } = params;
  if (!catalogue.schedulers.some((one) => one.name === scheduler || one.label === scheduler)) {
    return missing("scheduler", "scheduler", scheduler);
  }
  const style = params.styles.find((name) => !catalogue.styles.includes(name));
  if (style !== undefined) return missing("style", "styles", style);
  const lora = lorasOf(params.positive_prompt).find(
    (name) => !catalogue.loras.some((one) => one.name === name || one.alias === name),
  );
  return lora === undefined ? null : missing("LoRA", "positive_prompt", lora);
}
