import { type JobWarning, LIMITS } from "@mobilesd/contract";
import type { Evidence } from "./asked.ts";
import { asListed } from "./infotext.ts";

/** How CLIP's tokenizer parts a text before it looks words up (open_clip `SimpleTokenizer`). */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;

/** Tags like `<lora:name:1>` are taken out before (extra_networks.py `re_extra_net`). */
const TAGS = /<\w+:[^>]+>/g;

const wordsIn = (text: string) => text.toLowerCase().match(WORDS) ?? [];

interface Known {
  readonly name: string;
  readonly words: readonly string[];
}

/** Known embeddings by their first word; the longest first, as Forge tries them (textual_inversion.py). */
function byFirstWord(names: readonly string[]): ReadonlyMap<string, readonly Known[]> {
  const known = names.map((name) => ({ name, words: wordsIn(name) }));
  known.sort((a, b) => b.words.length - a.words.length);
  // Map.groupBy would say it in a line; Node 20, where the agent still runs, does not have it.
  const grouped = new Map<string, Known[]>();
  for (const one of known) {
    const first = one.words[0] ?? "";
    const same = grouped.get(first);
    if (same) same.push(one);
    else grouped.set(first, [one]);
  }
  return grouped;
}

function* embeddingsIn(prompt: string, known: ReadonlyMap<string, readonly Known[]>) {
  const words = wordsIn(prompt.replace(TAGS, " "));
  for (let at = 0; at < words.length; ) {
    const choices = known.get(words[at] ?? "") ?? [];
    const found = choices.find((one) => one.words.every((word, i) => words[at + i] === word));
    if (found) yield found.name;
    at += found?.words.length ?? 1;
  }
}

function warnOf(names: readonly string[], field: string): JobWarning[] {
  if (names.length === 0) return [];
  const which = names.map((name) => `"${name}"`).join(", ");
  const message = `The model did not use ${which}: an embedding made for another kind of model is read as plain words.`;
  return [
    { code: "embedding_unused", message: message.slice(0, LIMITS.errorMessageCharsMax), field },
  ];
}

/**
 * The embeddings that stand in a prompt as Forge would find them, and that the answer does not call used:
 * they were made for another kind of model. The positive prompt's line replaces the negative one's
 * (processing.py `get_conds_with_caching`), so of the negative prompt nothing is known where both have some.
 */
export function unusedEmbeddings({ asked, answer, lines }: Evidence): JobWarning[] {
  const { all_prompts, all_negative_prompts, cfg_scale } = answer.info;
  const known = byFirstWord(asked.embeddings);
  const told = lines.flatMap((line) => (line.get("TI") ?? "").split(","));
  const used = new Set(told.map((name) => name.trim()));
  const named = (prompts: readonly string[]) => [
    ...new Set(prompts.flatMap((prompt) => [...embeddingsIn(prompt, known)])),
  ];
  const isUsed = (name: string) => used.has(asListed(name));
  const inPositive = named(all_prompts);
  // At a CFG scale of 1 there is no negative prompt.
  const isNegativeTold = cfg_scale !== 1 && !inPositive.some(isUsed);
  const inNegative = isNegativeTold ? named(all_negative_prompts) : [];
  return [
    ...warnOf(
      inPositive.filter((name) => !isUsed(name)),
      "positive_prompt",
    ),
    ...warnOf(
      inNegative.filter((name) => !isUsed(name)),
      "negative_prompt",
    ),
  ];
}
