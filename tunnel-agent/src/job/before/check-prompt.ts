import { type Catalogue, lorasOf, withoutComments } from "@mobilesd/contract";
import type { Failure } from "../failure/failure.ts";
import { describeMissing } from "./describe-missing.ts";
import { refusal } from "./refusal.ts";

type Loras = Catalogue["loras"];

function checkLora(name: string, field: string, loras: Loras): Failure | null {
  if (loras.some((one) => one.name === name)) return null;
  const called = loras.filter((one) => one.alias === name);
  if (called.length === 1) return null;
  if (called.length > 1) {
    // Forge forbids an alias that two files share (sd_forge_lora/networks.py).
    const files = called.map((one) => `"${one.name}"`).join(" or ");
    return refusal("missing_name", field, `More than one LoRA here is "${name}": write ${files}`);
  }
  const names = loras.flatMap((one) => [one.name, one.alias]);
  return refusal("missing_name", field, describeMissing("LoRA", name, [...new Set(names)]));
}

/** How ComfyUI calls an embedding; to Forge this is plain text, and its prefix too. */
const EMBEDDING_WORD = /(?<![\p{L}\p{N}_])embedding:([\p{L}\p{N}_.-]+)/iu;

function checkEmbedding(prompt: string, field: string): Failure | null {
  const [text, name] = EMBEDDING_WORD.exec(withoutComments(prompt)) ?? [];
  if (text === undefined) return null;
  const message = `Forge does not know "${text}": write the bare name of the embedding, "${name}"`;
  return refusal("invalid_job", field, message);
}

/**
 * What a prompt calls and this Forge does not have. One LoRA that is missing makes Forge drop all of the
 * prompt's, with status 200. Only a positive prompt calls LoRAs.
 */
export function* checkPrompt(prompt: string, field: string, loras: Loras): Generator<Failure> {
  const called = lorasOf(prompt).map((name) => checkLora(name, field, loras));
  yield* called.filter((one) => one !== null);
  yield* checkNegativePrompt(prompt, field);
}

/** The same for a negative prompt. */
export function* checkNegativePrompt(prompt: string, field: string): Generator<Failure> {
  const found = checkEmbedding(prompt, field);
  if (found) yield found;
}
