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

/**
 * A prompt as Forge goes on with it: without what stands behind a `#`, line by line, unless its owner has
 * switched comments off (modules/processing_scripts/comments.py `strip_comments`).
 */
export function withoutComments(prompt: string): string {
  return prompt.replace(/(^|\n)#[^\n]*(\n|$)/g, "\n").replace(/#[^\n]*(\n|$)/g, "\n");
}

/** The tags that Forge cuts out of a prompt, in order. Takes time in proportion to the prompt's length. */
export function tagsOf(prompt: string): PromptTag[] {
  // A tag ends at the first `>`. One expression for all would look for it anew from each `<`.
  const closed = withoutComments(prompt).split(">").slice(0, -1);
  return closed.flatMap((text) => {
    // A letter is what Python takes for one.
    const [, word = "", rest] = /<([\p{L}\p{N}_]+):(.+)/su.exec(text) ?? [];
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

/** A kind of tag that Forge itself knows besides LoRAs (modules/extra_networks_hypernet.py). */
const HYPERNET = "hypernet";

function problemOfTag(tag: PromptTag, mayBeRewritten: boolean): string | null {
  const { text, word } = tag;
  if (word === HYPERNET) {
    return `hypernetworks cannot be queued, as no server lists those it has: leave ${text} out`;
  }
  if (word !== LORA && LIKE_LORA.test(word)) {
    return `Forge does nothing with ${text}: write it as <lora:…>`;
  }
  if (mayBeRewritten) return null;
  if (word !== LORA) return `Forge would cut ${text} out of the prompt: leave it out, or its colon`;
  if (hasReadableWeights(tag)) return null;
  return `the weight in ${text} is not a number: write it like <lora:name:0.8>`;
}

/**
 * Why Forge would drop a tag of a prompt in silence, whatever the server has; null where it would not. Where
 * a script of an extension may rewrite it first, weights and words are what that script knows.
 */
export function findTagProblem(prompt: string, mayBeRewritten = false): string | null {
  for (const tag of tagsOf(prompt)) {
    const problem = problemOfTag(tag, mayBeRewritten);
    if (problem !== null) return problem;
  }
  return null;
}

/**
 * The same for a negative prompt, of which Forge takes every tag for plain words (modules/processing.py
 * `parse_extra_network_prompts`).
 */
export function findNegativeTagProblem(prompt: string): string | null {
  if (!/<lora:/i.test(withoutComments(prompt))) return null;
  return "Forge reads no LoRA in a negative prompt: call it in the prompt, with a weight below 0 to turn it around";
}
