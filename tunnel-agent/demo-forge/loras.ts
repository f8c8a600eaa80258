import { getLoraHash, LORAS } from "./catalogue.ts";

/** A LoRA that is worked into the model. */
export interface LoadedLora {
  readonly name: string;
  /** As the prompt called it: by name or by alias. */
  readonly mentionedAs: string;
  /** Weights for text encoder and UNet. */
  readonly weights: readonly [number, number];
}

/** Any extra network: `<lora:name:weight>`, `<hypernet:…>`. All are cut out of the prompt. */
const TAG = /<(\w+):([^>]+)>/g;

/** The prompt without the tags of its extra networks: what the picture shows. */
export function removeTags(prompt: string): string {
  return prompt.replaceAll(TAG, "");
}

/**
 * The LoRAs that a prompt loads, in its order. One that is missing, or one wrong weight, makes
 * Forge give up on all of them without a word: then none is loaded (extra_networks.activate).
 */
export function findLoras(prompt: string): LoadedLora[] {
  const tags = [...prompt.matchAll(TAG)].filter(([, kind]) => kind === "lora");
  const found = tags.map(([, , text = ""]) => readTag(text));
  return found.every((lora) => lora !== null) ? found : [];
}

/** What infotexts say under "Lora hashes", null when there is nothing to say. */
export function describeLoraHashes(
  loras: readonly LoadedLora[],
  isHashing: boolean,
): string | null {
  if (!isHashing || loras.length === 0) return null;
  const hashes = new Map(
    loras.map((lora) => [lora.mentionedAs.replace(/[:,]/g, ""), getLoraHash(lora.name)]),
  );
  return [...hashes].map(([name, hash]) => `${name}: ${hash}`).join(", ");
}

// name:text-encoder-weight:unet-weight, or te=… and unet=… anywhere behind the name.
function readTag(text: string): LoadedLora | null {
  const items = text.split(":");
  const named = new Map(items.filter((item) => item.split("=").length === 2).map(splitPair));
  const [name = "", encoder = "1", unet] = items.filter((item) => item.split("=").length !== 2);
  const lora = LORAS.find((known) => known.name === name || known.alias === name);
  const forEncoder = named.get("te") ?? encoder;
  const weights = [forEncoder, named.get("unet") ?? unet ?? forEncoder].map(readNumber);
  const [first = null, second = null] = weights;
  if (lora === undefined || first === null || second === null) return null;
  return { name: lora.name, mentionedAs: name, weights: [first, second] };
}

function splitPair(item: string): [string, string] {
  const [key = "", value = ""] = item.split("=");
  return [key, value];
}

function readNumber(text: string): number | null {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}
