import type { Generation } from "./generation.ts";

const SHORT_HASH = /^[0-9a-f]{10}$/;

/**
 * Takes the hashes of files out of an answer, for the recordings of a Forge that was started with
 * `--no-hashing`. Tells where a hash is missing that a Forge which hashes always writes (`hashing/`).
 */
export function takeOutHashes(generation: Generation): { bare: Generation; differences: string[] } {
  const differences: string[] = [];
  const { sd_model_hash: hash, extra_generation_params: extra, ...info } = generation.info;
  if (typeof hash !== "string" || !SHORT_HASH.test(hash)) {
    differences.push("info.sd_model_hash: is no hash although this Forge hashes");
  }
  for (const [index, text] of generation.infotexts.entries()) {
    if (!/Model hash: [0-9a-f]{10}, Model: /.test(text)) {
      differences.push(`infotexts[${index}]: has no Model hash before the Model`);
    }
  }
  const { "Lora hashes": _loras, ...params } = (extra ?? {}) as Record<string, unknown>;
  const shown = Object.entries(params).map(([key, value]) => [
    key,
    typeof value === "string" ? value.replace(/ \[[0-9a-f]{10}\]$/, "") : value,
  ]);
  const bare = {
    ...generation,
    info: { ...info, sd_model_hash: null, extra_generation_params: Object.fromEntries(shown) },
    infotexts: generation.infotexts.map(takeOutOfText),
    pictures: generation.pictures.map((picture) =>
      typeof picture.text === "string"
        ? { ...picture, text: takeOutOfText(picture.text) }
        : picture,
    ),
  };
  return { bare, differences };
}

function takeOutOfText(text: string): string {
  return text
    .replace(/, Model hash: [0-9a-f]{10}(?=, Model: )/, "")
    .replace(/, Lora hashes: "[^"]*"/, "")
    .replace(/((?:Refiner|Hires checkpoint): [^,]*?) \[[0-9a-f]{10}\]/, "$1");
}
