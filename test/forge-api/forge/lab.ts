import { isObject } from "../compare/difference.ts";
import { type Generation, readGeneration } from "../compare/generation.ts";
import { hashPixels } from "../compare/picture.ts";
import type { ForgeConnection } from "./connection.ts";
import {
  type CheckpointNames,
  type Names,
  rankOthers,
  readCheckpoints,
  readEmbeddings,
  readLoras,
} from "./names.ts";

/** The request that all recordings build on. */
export const BASE_REQUEST = {
  prompt: "a red cube",
  seed: 1,
  steps: 1,
  width: 64,
  height: 64,
  sampler_name: "Euler",
};

/** So many files of one kind are tried before a Forge counts as having none that fits. */
const TRIES = 4;

/** Makes one small picture and resolves with its base64; rejects when that fails. */
export async function drawImage(forge: ForgeConnection): Promise<string> {
  const answer = await forge.ask("/sdapi/v1/txt2img", BASE_REQUEST);
  return isObject(answer) && Array.isArray(answer.images) ? String(answer.images[0]) : "";
}

/** Makes one small picture; resolves with a sentence when it fails. */
export async function drawOne(
  forge: ForgeConnection,
  fields: object = {},
): Promise<(Generation & { pixels: string }) | string> {
  const body = { ...BASE_REQUEST, ...fields };
  const answer = await forge.send({ method: "POST", path: "/sdapi/v1/txt2img", body });
  if (answer.status !== 200 || !isObject(answer.body)) {
    return `status ${answer.status} ${JSON.stringify(answer.body).slice(0, 200)}`;
  }
  const generation = await readGeneration(answer.body);
  const [image] = answer.body.images as string[];
  return { ...generation, pixels: image === undefined ? "" : await hashPixels(image) };
}

/** Whether a checkpoint needs nothing but itself and is not of a kind with other infotexts. */
export async function runsAlone(
  forge: ForgeConnection,
  checkpoint: CheckpointNames,
): Promise<boolean> {
  const drawn = await drawOne(forge, {
    override_settings: { sd_model_checkpoint: checkpoint.title },
  });
  if (typeof drawn === "string") return false;
  const isDistilled = drawn.infotexts.some((text) => text.includes("Distilled CFG Scale"));
  return drawn.info.sd_model_name === checkpoint.base && !isDistilled;
}

/** The first other checkpoint that runs; one in a folder is preferred. Costs a load for each try. */
export async function findOther(
  forge: ForgeConnection,
  selected: CheckpointNames,
): Promise<CheckpointNames | null> {
  const checkpoints = readCheckpoints(await forge.read("/sdapi/v1/sd-models"));
  for (const candidate of rankOthers(checkpoints, selected).slice(0, TRIES)) {
    if (await runsAlone(forge, candidate)) return candidate;
  }
  return null;
}

/** The first LoRA that changes the picture. A plain job afterwards takes it out of force. */
export async function findLora(forge: ForgeConnection): Promise<Names["lora"]> {
  const plain = await drawOne(forge);
  if (typeof plain === "string") return null;
  for (const lora of readLoras(await forge.read("/sdapi/v1/loras")).slice(0, TRIES)) {
    const drawn = await drawOne(forge, { prompt: `a red cube <lora:${lora.name}:0.8>` });
    await drawOne(forge);
    if (typeof drawn !== "string" && drawn.pixels !== plain.pixels) return lora;
  }
  return null;
}

/** The first embedding that Forge says it used. */
export async function findEmbedding(forge: ForgeConnection): Promise<string | null> {
  const names = readEmbeddings(await forge.read("/sdapi/v1/embeddings"));
  for (const name of names.slice(0, TRIES)) {
    const drawn = await drawOne(forge, { prompt: `a red cube, ${name}` });
    if (typeof drawn !== "string" && drawn.infotexts[0]?.includes(`TI: ${name}`)) return name;
  }
  return null;
}
