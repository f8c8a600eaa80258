/** How many names are told that a missing one may have meant. */
const NEAR_MAX = 3;

const plain = (name: string) =>
  name
    .replace(/^.*[\\/]/, "")
    .replace(/\.(safetensors|ckpt|gguf|pth?|bin|sft)$/i, "")
    .replace(/[^\p{L}\p{N}+]/gu, "")
    .toLowerCase();

/** Names that say the same but for case, folder, ending and signs, or else hold one another. */
function nearTo(given: string, names: readonly string[]): string[] {
  const wanted = plain(given);
  const same = names.filter((name) => plain(name) === wanted);
  if (same.length > 0 || wanted.length < 3) return same.slice(0, NEAR_MAX);
  const holds = (name: string) =>
    name.length >= 3 && (name.includes(wanted) || wanted.includes(name));
  return names.filter((name) => holds(plain(name))).slice(0, NEAR_MAX);
}

/**
 * What to tell somebody whose name is on none of the lists: a sentence, with what may have been meant, or
 * with all that there is where that is little.
 */
export function describeMissing(kind: string, given: string, names: readonly string[]): string {
  const near = nearTo(given, names);
  const told = near.length > 0 || names.length > NEAR_MAX ? near : names;
  const hint = told.length === 0 ? "" : `; it has ${told.map((name) => `"${name}"`).join(", ")}`;
  return `This server has no ${kind} "${given}"${hint}`;
}
