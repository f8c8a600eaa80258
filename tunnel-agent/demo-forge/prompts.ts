import { EMBEDDINGS, PROMPT_STYLES } from "./catalogue.ts";

/** A text as Forge runs it: styles applied, `# comments` cut out. */
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

/** The embeddings that a text names as words, in its order. */
export function findEmbeddings(text: string): string[] {
  const words = new Set(text.split(/[\s,()[\]:]+/));
  return [...words].filter((word) => Object.hasOwn(EMBEDDINGS.loaded, word));
}

function applyStyle(style: string, prompt: string): string {
  if (style.includes("{prompt}")) return style.replaceAll("{prompt}", prompt);
  return [prompt.trim(), style.trim()].filter((part) => part !== "").join(", ");
}
