/** A number that Python holds as a float, so that it keeps a point when written: 7 → 7.0. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Marks a number as a float on the Python side; null stays null. */
export function asFloat(value: number): PythonFloat;
export function asFloat(value: number | null): PythonFloat | null;
export function asFloat(value: number | null): PythonFloat | null {
  return value === null ? null : new PythonFloat(value);
}

/** Writes a float as Python's `str` does: with a point, `nan` and `inf` in lower case. */
function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return value.toFixed(1);
  return String(value);
}

/** Writes a value as Python's `str` does: True, None, 7.0. */
export function formatPythonText(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  if (value instanceof PythonFloat) return formatFloat(value.value);
  return typeof value === "string" ? value : formatPythonJson(value);
}

/** Writes JSON as Python's `json.dumps` does: blanks, ASCII only, a bare NaN; no functions. */
export function formatPythonJson(value: unknown): string {
  if (typeof value === "string") return escapeText(value);
  if (typeof value === "number") return formatNumber(value, String);
  if (value instanceof PythonFloat) return formatNumber(value.value, formatFloat);
  if (typeof value === "function") return "null";
  if (Array.isArray(value)) return `[${value.map((each) => formatPythonJson(each)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(
      ([name, each]) => `${escapeText(name)}: ${formatPythonJson(each)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
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

function formatNumber(value: number, write: (value: number) => string): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return write(value);
}

function escapeText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
