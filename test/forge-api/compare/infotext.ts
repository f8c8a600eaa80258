import { diffValues, tell } from "./difference.ts";

/** An infotext taken apart: the prompts, and the pairs of its last line in their order. */
interface Infotext {
  prompts: string;
  pairs: [key: string, value: string][];
}

const PAIR = /\s*(\w[\w \-/]*):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;

/** Takes an infotext apart. One without a line of settings is all prompt. */
function parseInfotext(text: string): Infotext {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  if (!last.startsWith("Steps: ")) return { prompts: text, pairs: [] };
  const pairs = [...last.matchAll(PAIR)].map(([, key = "", value = ""]): [string, string] => [
    key,
    value,
  ]);
  return { prompts: lines.join("\n"), pairs };
}

/**
 * Compares prompts, keys with their order, and values. `drawn` names keys whose value is Forge's own
 * choice (a version, a seed that it drew, a hash of a file).
 */
export function diffInfotexts(
  expected: string,
  actual: string,
  where: string,
  drawn: readonly string[],
): string[] {
  const [recorded, fresh] = [parseInfotext(expected), parseInfotext(actual)];
  const differences = diffValues(recorded.prompts, fresh.prompts, `${where} (prompts)`);
  const [keys, freshKeys] = [recorded, fresh].map(({ pairs }) => pairs.map(([key]) => key));
  if (keys?.join() !== freshKeys?.join()) {
    return [...differences, tell(`${where} (keys in order)`, keys, freshKeys)];
  }
  const values = recorded.pairs.flatMap(([key, value], index) =>
    drawn.includes(key) ? [] : diffValues(value, fresh.pairs[index]?.[1], `${where} (${key})`),
  );
  return [...differences, ...values];
}
