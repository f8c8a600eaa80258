/** The parameters of one picture by Forge's names, as its infotext ends with them. */
export type InfotextLine = ReadonlyMap<string, string>;

/** Forge's pattern of one parameter (modules/infotext_utils.py): a name, then a JSON string or text to the comma. */
const PARAMETER = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/y;

function unquote(value: string): string {
  if (!value.startsWith('"')) return value.trim();
  try {
    return String(JSON.parse(value));
  } catch (error) {
    // Forge takes such a value as it stands (infotext_utils.py `unquote`).
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}

/** Reads the last line of an infotext that Forge wrote. What is no pair of name and value is passed over. */
export function readInfotext(infotext: string): InfotextLine {
  const line = infotext.slice(infotext.lastIndexOf("\n") + 1);
  const pairs = new Map<string, string>();
  for (let at = 0; at < line.length; ) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(line);
    if (found) {
      const [whole, name = "", value = ""] = found;
      pairs.set(name, unquote(value));
      at += whole.length;
      continue;
    }
    const comma = line.indexOf(",", at);
    at = comma < 0 ? line.length : comma + 1;
  }
  return pairs;
}

/** The seed that an infotext names; null where it names none. */
export function seedOf(line: InfotextLine): number | null {
  const seed = Number(line.get("Seed") || Number.NaN);
  return Number.isSafeInteger(seed) ? seed : null;
}

/** How Forge writes a name among others (extra_networks_lora.py `remove_symbols`, classic_engine.py). */
export function asListed(name: string): string {
  return name.replace(/[:,]/g, "").trim();
}
