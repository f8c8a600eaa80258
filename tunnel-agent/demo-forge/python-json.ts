/** Keys whose numbers Python holds as floats, so that they keep a point: 7 → 7.0. */
const FLOAT_KEYS = new Set(["cfg_scale", "denoising_strength", "Denoising strength"]);

/** Writes a float as Python's `str` does: with a point, `nan` and `inf` in lower case. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return value.toFixed(1);
  return String(value);
}

/** Whether a value of this name is a float on the Python side. */
export function isFloatKey(key: string): boolean {
  return FLOAT_KEYS.has(key);
}

/** Writes JSON as Python's `json.dumps` does: blanks, ASCII only, and a bare NaN. */
export function formatPythonJson(value: unknown, key = ""): string {
  if (typeof value === "string") return escapeText(value);
  if (typeof value === "number") return formatNumber(value, key);
  if (Array.isArray(value)) return `[${value.map((each) => formatPythonJson(each)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(
      ([name, each]) => `${escapeText(name)}: ${formatPythonJson(each, name)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return JSON.stringify(value);
}

/** Reads JSON as Python does, which takes NaN and Infinity for numbers. Throws SyntaxError. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(?:NaN|Infinity)\b/.test(text)) throw error;
    return JSON.parse(replaceBareWords(text), (_key, value) => BARE_NUMBERS.get(value) ?? value);
  }
}

const BARE_NUMBERS = new Map<unknown, number>([
  ["\u0000NaN", Number.NaN],
  ["\u0000Infinity", Number.POSITIVE_INFINITY],
  ["\u0000-Infinity", Number.NEGATIVE_INFINITY],
]);

function replaceBareWords(text: string): string {
  return text.replace(/"(?:\\.|[^"\\])*"|-?Infinity|NaN/g, (match) =>
    match.startsWith('"') ? match : `"\\u0000${match}"`,
  );
}

function formatNumber(value: number, key: string): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return isFloatKey(key) ? formatFloat(value) : String(value);
}

function escapeText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
