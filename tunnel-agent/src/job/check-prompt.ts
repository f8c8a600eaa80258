import type { Catalogue } from "@mobilesd/contract";
import type { Failure } from "./failure.ts";
import { describeMissing } from "./describe-missing.ts";
import { refusal } from "./refusal.ts";

/** A tag that calls a network, as Forge cuts it out of a prompt (modules/extra_networks.py). */
const TAG = /<(\w+):([^>]+)>/g;

/** One tag, taken apart as Forge does: what holds one `=` is named, the rest goes by position. */
interface Tag {
  readonly kind: string;
  readonly text: string;
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

function tagsOf(prompt: string): Tag[] {
  return [...prompt.matchAll(TAG)].map(([text, kind = "", rest = ""]) => {
    const parts = rest.split(":").map((part) => part.split("="));
    const named = parts.filter((part) => part.length === 2);
    return {
      kind,
      text,
      positional: parts.filter((part) => part.length !== 2).map((part) => part.join("=")),
      named: new Map(named.map(([key = "", value = ""]) => [key, value])),
    };
  });
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const WHOLE = /^\s*[+-]?\d+\s*$/;

/** Whether Forge can read all weights of a LoRA's tag; one that it cannot leaves the last job's LoRAs on. */
function hasReadableWeights({ positional, named }: Tag): boolean {
  const weights = [positional[1], positional[2], named.get("te"), named.get("unet")];
  const dimensions = [positional[3], named.get("dyn")];
  return (
    weights.every((one) => one === undefined || NUMBER.test(one)) &&
    dimensions.every((one) => one === undefined || WHOLE.test(one))
  );
}

/** Whether a name calls exactly one LoRA: Forge forbids an alias that two of them share (networks.py). */
function isKnownLora(name: string, loras: Catalogue["loras"]): boolean {
  if (loras.some((one) => one.name === name)) return true;
  return loras.filter((one) => one.alias === name).length === 1;
}

function checkLora(tag: Tag, field: string, loras: Catalogue["loras"]): Failure | null {
  const [name = ""] = tag.positional;
  const isShared = loras.filter((one) => one.alias === name).length > 1;
  if (!isKnownLora(name, loras)) {
    const names = loras.flatMap((one) => [one.name, one.alias]);
    const shared = `Several LoRAs of this server are called "${name}": write the name of the file`;
    const message = isShared ? shared : describeMissing("LoRA", name, [...new Set(names)]);
    return refusal("missing_name", field, message);
  }
  if (hasReadableWeights(tag)) return null;
  const message = `The weight in ${tag.text} is not a number: write it like <lora:${name}:0.8>`;
  return refusal("invalid_job", field, message);
}

/**
 * What a prompt's tags call and this Forge does not have. One that is missing or cannot be read makes Forge
 * drop all LoRAs of the prompt and keep the last job's, with status 200.
 */
export function checkTags(
  prompt: string,
  field: string,
  loras: Catalogue["loras"],
): Failure | null {
  for (const tag of tagsOf(prompt)) {
    if (tag.kind === "lyco") {
      const message = `Forge does nothing with ${tag.text}: write <lora:…> in place of <lyco:…>`;
      return refusal("invalid_job", field, message);
    }
    const found = tag.kind === "lora" ? checkLora(tag, field, loras) : null;
    if (found) return found;
  }
  return null;
}

/** How ComfyUI calls an embedding; to Forge this is plain text, and its prefix too. */
const EMBEDDING_WORD = /(?<![\p{L}\p{N}_])embedding:([\p{L}\p{N}_.-]+)/iu;

/** An embedding called in another program's way: Forge takes its bare name. */
export function checkEmbeddingWords(prompt: string, field: string): Failure | null {
  const [text, name] = EMBEDDING_WORD.exec(prompt) ?? [];
  if (text === undefined) return null;
  const message = `Forge does not know "${text}": write the bare name of the embedding, "${name}"`;
  return refusal("invalid_job", field, message);
}
