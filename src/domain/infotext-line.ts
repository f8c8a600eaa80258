/** Forge's pattern of one parameter (modules/infotext_utils.py): a name, then a JSON string or text to the comma. */
const PARAMETER = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/y;

/** Names whose values are bare JSON, commas and all: Civitai and its extension write them so. */
const BARE_JSON =
  /\s*(Hashes|Civitai resources|Civitai metadata):\s*(\{[^{}]*\}|\[[^[\]]*\])\s*(?:,|$)/y;

/** The last line of an infotext: names with their values, and pieces that are no such pair. */
export interface ParameterLine {
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly strays: readonly string[];
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value.trim();
  try {
    return String(JSON.parse(value));
  } catch (error) {
    // Forge itself shows such a value as it stands (infotext_utils.py `unquote`).
    if (error instanceof SyntaxError) return value.trim();
    throw error;
  }
}

/** What `pattern` finds at this very place. */
function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/**
 * Splits a line of parameters. Every character of it ends up in a pair or in a stray, where Forge's own
 * reader drops what fits no pattern. Takes time in proportion to the line.
 */
export function readParameterLine(line: string): ParameterLine {
  const pairs: [string, string][] = [];
  const strays: string[] = [];
  for (let at = 0; at < line.length; ) {
    const found = matchAt(BARE_JSON, line, at) ?? matchAt(PARAMETER, line, at);
    if (found) {
      const [whole, name = "", value = ""] = found;
      pairs.push([name.trim(), unquote(value)]);
      at += whole.length;
      continue;
    }
    const comma = line.indexOf(",", at);
    const end = comma < 0 ? line.length : comma;
    const stray = line.slice(at, end).trim();
    if (stray !== "") strays.push(stray);
    at = end + 1;
  }
  return { pairs, strays };
}
