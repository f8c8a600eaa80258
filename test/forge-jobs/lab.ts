import { isObject, type JsonObject } from "../forge-api/compare/difference.ts";
import type { ForgeConnection } from "../forge-api/forge/connection.ts";
import { RefusedForge } from "../forge-api/forge/idle.ts";
import { findLora, findOther, runsAlone } from "../forge-api/forge/lab.ts";
import { chooseStyles, findByName, readCheckpoints } from "../forge-api/forge/names.ts";
import type { Need } from "./needs.ts";

/** A checkpoint by two of its names: the queue is given the one, Forge itself the other. */
export interface Checkpoint {
  /** The file's path below the folder of checkpoints. */
  readonly title: string;
  /** The file's name alone, without its ending. */
  readonly base: string;
}

/** What one Forge has for the jobs of the table. A name that is in `lacks` stands for nothing. */
export interface Lab {
  readonly lacks: ReadonlySet<Need>;
  /** The one that is selected. */
  readonly main: Checkpoint;
  readonly other: Checkpoint;
  readonly lora: string;
  readonly styles: readonly string[];
  readonly vae: string;
}

const ABSENT = { title: "", base: "" };

export const LATENT_UPSCALER = "Latent (nearest-exact)";
export const IMAGE_UPSCALER = "Lanczos";
export const REFERENCE_ONLY = "reference_only";
export const FREE_U = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)";
export const SELF_ATTENTION = "SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)";

/** The VAE of Flux lies in the same folder and fits no other kind of checkpoint. */
const FLUX_VAE = /^ae\b/i;
const IN_VAE_FOLDER = /[\\/]VAE[\\/]/;

const rows = (body: unknown): JsonObject[] => (Array.isArray(body) ? body.filter(isObject) : []);
const namesOf = (body: unknown) => rows(body).map(({ name }) => String(name));

function chooseVae(body: unknown): string | null {
  const found = rows(body).find(
    ({ model_name, filename }) =>
      IN_VAE_FOLDER.test(String(filename)) && !FLUX_VAE.test(String(model_name)),
  );
  return found ? String(found.model_name) : null;
}

async function hasReferenceOnly(forge: ForgeConnection): Promise<boolean> {
  const { body } = await forge.send({ method: "GET", path: "/controlnet/module_list" });
  const modules = isObject(body) && Array.isArray(body.module_list) ? body.module_list : [];
  return modules.includes(REFERENCE_ONLY);
}

async function hasPatchScripts(forge: ForgeConnection): Promise<boolean> {
  const scripts = await forge.read("/sdapi/v1/scripts");
  const titles = isObject(scripts) && Array.isArray(scripts.txt2img) ? scripts.txt2img : [];
  return [FREE_U, SELF_ATTENTION].every((title) => titles.includes(title.toLowerCase()));
}

async function requireSelected(forge: ForgeConnection) {
  const checkpoints = readCheckpoints(await forge.read("/sdapi/v1/sd-models"));
  const options = await forge.read("/sdapi/v1/options");
  const selected = findByName(
    checkpoints,
    isObject(options) ? options.sd_model_checkpoint : undefined,
  );
  if (selected && (await runsAlone(forge, selected))) return selected;
  throw new RefusedForge(
    `This Forge's selected checkpoint (${selected?.title ?? "none"}) draws no picture by itself, or is of the Flux kind: select another one.`,
  );
}

/**
 * Finds out what a Forge has for the table. Makes a few small pictures, as only they tell whether a LoRA
 * fits. Rejects with `RefusedForge` where not even its selected checkpoint runs.
 */
export async function readLab(forge: ForgeConnection): Promise<Lab> {
  const main = await requireSelected(forge);
  const other = await findOther(forge, main);
  const lora = await findLora(forge);
  const styles = chooseStyles(await forge.read("/sdapi/v1/prompt-styles"));
  const vae = chooseVae(await forge.read("/sdapi/v1/sd-modules"));
  const latent = namesOf(await forge.read("/sdapi/v1/latent-upscale-modes"));
  const upscalers = namesOf(await forge.read("/sdapi/v1/upscalers"));
  const has: Record<Need, boolean> = {
    other: other !== null,
    lora: lora !== null,
    styles: styles !== null,
    vae: vae !== null,
    latentUpscaler: latent.includes(LATENT_UPSCALER),
    imageUpscaler: upscalers.includes(IMAGE_UPSCALER),
    controlNet: await hasReferenceOnly(forge),
    patchScripts: await hasPatchScripts(forge),
  };
  const needs = Object.keys(has) as Need[];
  return {
    lacks: new Set(needs.filter((need) => !has[need])),
    main,
    other: other ?? ABSENT,
    lora: lora?.name ?? "",
    styles: styles?.map(({ name }) => name) ?? [],
    vae: vae ?? "",
  };
}
