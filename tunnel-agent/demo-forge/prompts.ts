import { EMBEDDINGS, LORAS, PROMPT_STYLES } from "./catalogue.ts";

const LORA_TAG = /<lora:([^:>]+)(:[^>]*)?>/g;

/** The request's prompt as Forge runs it: styles applied, `# comments` cut out. */
export function preparePrompt(
  prompt: string,
  styles: readonly string[],
  part: "prompt" | "negative_prompt",
): string {
  let text = prompt;
  for (const name of styles) {
    const style = PROMPT_STYLES.find((known) => known.name === name)?.[part];
    if (typeof style === "string") text = applyStyle(style, text);
  }
  return text.replace(/(^|\n)#[^\n]*(\n|$)/g, "\n").replace(/#[^\n]*(\n|$)/g, "\n");
}

/** The prompt without its LoRA tags: what the picture shows. */
export function removeLoraTags(prompt: string): string {
  return prompt.replaceAll(LORA_TAG, "");
}

/**
 * The LoRAs that take effect, as "name:weight". One unknown name makes Forge give up on all of
 * them without a word.
 */
export function findLoras(prompt: string): { name: string; tag: string }[] {
  const tags = [...prompt.matchAll(LORA_TAG)].map(([, wanted = "", weight = ""]) => {
    const lora = LORAS.find((known) => known.name === wanted || known.alias === wanted);
    return lora && { name: lora.name, tag: `${lora.name}${weight}` };
  });
  const known = tags.filter((tag) => tag !== undefined);
  return known.length === tags.length ? known : [];
}

/** The embeddings that a prompt names as words. */
export function findEmbeddings(prompt: string): string[] {
  const words = new Set(prompt.split(/[\s,()[\]:]+/));
  return Object.keys(EMBEDDINGS.loaded).filter((name) => words.has(name));
}

function applyStyle(style: string, prompt: string): string {
  if (style.includes("{prompt}")) return style.replaceAll("{prompt}", prompt);
  return [prompt.trim(), style.trim()].filter((part) => part !== "").join(", ");
}
