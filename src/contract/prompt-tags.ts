/** A tag of a prompt, `<word:a:b=c>`, taken apart as Forge does (modules/extra_networks.py). */
export interface PromptTag {
  readonly text: string;
  readonly word: string;
  /** The parts without an `=`. */
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

function toTag(word: string, rest: string): PromptTag {
  const parts = rest.split(":").map((part) => part.split("="));
  const positional = parts.filter((part) => part.length !== 2).map((part) => part.join("="));
  const named = parts.filter((part) => part.length === 2);
  return {
    text: `<${word}:${rest}>`,
    word,
    positional,
    named: new Map(named.map(([key = "", value = ""]) => [key, value])),
  };
}

/** The tags that Forge cuts out of a prompt, in order. Takes time in proportion to the prompt's length. */
export function tagsOf(prompt: string): PromptTag[] {
  // A tag ends at the first `>`. One expression for all would look for it anew from each `<`.
  const closed = prompt.split(">").slice(0, -1);
  return closed.flatMap((text) => {
    const [, word = "", rest] = /<(\w+):(.+)/s.exec(text) ?? [];
    return rest === undefined ? [] : [toTag(word, rest)];
  });
}

const LORA = "lora";

/** The LoRAs that a prompt calls, each once. One that is missing makes Forge drop all of them in silence. */
export function lorasOf(prompt: string): string[] {
  const tags = tagsOf(prompt).filter((tag) => tag.word === LORA);
  return [...new Set(tags.map(({ positional: [name = ""] }) => name))];
}

/** What other programs, and Forge's users in a hurry, write for it. Forge cuts it out and does nothing. */
const LIKE_LORA = /^(?:lora|lyco)$/i;

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const WHOLE = /^\s*[+-]?\d+\s*$/;

/** Whether Forge can read all weights of a LoRA's tag; one that it cannot makes it drop all LoRAs. */
function hasReadableWeights({ positional, named }: PromptTag): boolean {
  const [, te, unet, dimension] = positional;
  const weights = [te, unet, named.get("te"), named.get("unet")];
  const dimensions = [dimension, named.get("dyn")];
  return (
    weights.every((one) => one === undefined || NUMBER.test(one)) &&
    dimensions.every((one) => one === undefined || WHOLE.test(one))
  );
}

/** Why Forge would drop a tag of a prompt in silence, whatever the server has; null where it would not. */
export function findTagProblem(prompt: string): string | null {
  for (const tag of tagsOf(prompt)) {
    if (tag.word !== LORA && LIKE_LORA.test(tag.word)) {
      return `Forge does nothing with ${tag.text}: write it as <lora:…>`;
    }
    if (tag.word === LORA && !hasReadableWeights(tag)) {
      return `the weight in ${tag.text} is not a number: write it like <lora:name:0.8>`;
    }
  }
  return null;
}
