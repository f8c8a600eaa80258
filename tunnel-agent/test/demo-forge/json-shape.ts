/**
 * The shape of a JSON value: names and types without values. A list is as its first item, an
 * object whose names are data (`namedBy`) as its first value.
 */
export function shapeOf(value: unknown, namedBy: readonly string[] = [], key = ""): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0], namedBy)];
  if (typeof value !== "object") return typeof value;
  if (value === null) return "null";
  const entries = Object.entries(value);
  if (namedBy.includes(key)) {
    return { "*": entries[0] ? shapeOf(entries[0][1], namedBy) : "nothing" };
  }
  return Object.fromEntries(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, shapeOf(each, namedBy, name)]),
  );
}
