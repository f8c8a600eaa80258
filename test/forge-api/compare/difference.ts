/** A JSON object. */
export type JsonObject = Record<string, unknown>;

const SHOWN_CHARACTERS = 160;

/** Whether a value is a JSON object, not a list and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in a sentence, cut where it is long. */
export function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`;
}

/** One sentence for two values that are not the same. */
export function tell(where: string, expected: unknown, actual: unknown): string {
  return `${where}: expected ${show(expected)}, got ${show(actual)}`;
}

/** Every place where two JSON values differ, one sentence each. The order of keys means nothing. */
export function diffValues(expected: unknown, actual: unknown, where: string): string[] {
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => diffField(expected, actual, key, where));
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) {
      return [`${where}: expected ${expected.length} entries, got ${actual.length}`];
    }
    return expected.flatMap((value, index) =>
      diffValues(value, actual[index], `${where}[${index}]`),
    );
  }
  return Object.is(expected, actual) || expected === actual ? [] : [tell(where, expected, actual)];
}

function diffField(expected: JsonObject, actual: JsonObject, key: string, where: string): string[] {
  const place = `${where}.${key}`;
  if (!Object.hasOwn(actual, key)) return [`${place}: is missing`];
  if (!Object.hasOwn(expected, key)) return [`${place}: is one key too many`];
  return diffValues(expected[key], actual[key], place);
}

/** A copy of a JSON value with every text in it changed, keys as well. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [change(key), mapTexts(each, change)]),
  );
}
