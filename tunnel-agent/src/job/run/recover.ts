import { ResolvedParams } from "@mobilesd/contract";
import type { ForgeAnswer, ForgeClient } from "../../forge/client.ts";
import type { Host } from "../../forge/host.ts";
import { isModelLost, isOutOfMemory } from "../failure/forge-errors.ts";

/** What may put Forge right, so that the same job can be tried once more in place. */
export type Remedy =
  | { readonly type: "unload" }
  /** A run of next to no work with another checkpoint. */
  | { readonly type: "load_other"; readonly params: ResolvedParams };

/** A checkpoint of this host, other than `name`, that can be loaded as it is. */
async function otherCheckpoint({ catalogue, needsModules }: Host, name: string) {
  for (const one of catalogue.checkpoints) {
    if (one.name !== name && (await needsModules(one.name)) !== true) return one.name;
  }
  return null;
}

/**
 * What helps against an error of Forge; null where nothing of ours does. When a checkpoint cannot be loaded,
 * Forge goes on to take the one before it for loaded although it is gone, for every later job and for the
 * person at the page, until another one has been loaded (sd_models.py `forge_model_reload`).
 */
export async function findRemedy(
  answer: ForgeAnswer,
  params: ResolvedParams,
  checkpointName: string,
  host: Host,
): Promise<Remedy | null> {
  if (isOutOfMemory(answer)) return { type: "unload" };
  if (!isModelLost(answer)) return null;
  const checkpoint_name = await otherCheckpoint(host, checkpointName);
  if (checkpoint_name === null) return null;
  const { sampler_name, scheduler } = params;
  const small = { positive_prompt: "", width: 64, height: 64, steps: 1 };
  return {
    type: "load_other",
    params: ResolvedParams.parse({ ...small, checkpoint_name, sampler_name, scheduler }),
  };
}

/** Takes everything out of Forge's memory; answers the status, 200 where that is done. Throws `ForgeUnreachableError`. */
export async function unload(forge: ForgeClient): Promise<number> {
  return (await forge.post("/sdapi/v1/unload-checkpoint", {})).status;
}
