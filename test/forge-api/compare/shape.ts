import { isObject, type JsonObject } from "./difference.ts";

/** What the shape of one list leaves open. */
export interface ShapeRules {
  /** Fields whose keys are names of things: each value has one shape, whatever its key. */
  namedBy?: string[];
  /** Fields that may hold anything. */
  free?: string[];
  /** Types that a field may have beside the recorded ones. */
  orTypes?: Record<string, string[]>;
}

/** Field names and JSON types of a value; the entries of a list are laid over each other. */
interface Shape {
  types: Set<string>;
  fields: Map<string, { shape: Shape; count: number }>;
  objects: number;
  entries: Shape | null;
}

/** Every difference in field names and JSON types between a recorded and a fresh value. */
export function diffShapes(
  expected: unknown,
  actual: unknown,
  where: string,
  rules: ShapeRules = {},
): string[] {
  const shapes = [expected, actual].map((value) => addValue(createShape(), value, "", rules));
  const [recorded, fresh] = shapes;
  return recorded && fresh ? compare(recorded, fresh, { where, key: "", rules }) : [];
}

/** The JSON type of a value. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value === "string" ? "text" : typeof value;
}

function createShape(): Shape {
  return { types: new Set(), fields: new Map(), objects: 0, entries: null };
}

function addValue(shape: Shape, value: unknown, key: string, rules: ShapeRules): Shape {
  if (rules.free?.includes(key)) return shape;
  shape.types.add(typeOf(value));
  const isNamed = rules.namedBy?.includes(key) && isObject(value);
  if (Array.isArray(value) || isNamed) {
    const entries = shape.entries ?? createShape();
    shape.entries = entries;
    for (const entry of Object.values(value as JsonObject))
      addValue(entries, entry, `${key}[]`, rules);
  } else if (isObject(value)) {
    addFields(shape, value, rules);
  }
  return shape;
}

function addFields(shape: Shape, value: JsonObject, rules: ShapeRules): void {
  shape.objects += 1;
  for (const [name, each] of Object.entries(value)) {
    const field = shape.fields.get(name) ?? { shape: createShape(), count: 0 };
    field.count += 1;
    addValue(field.shape, each, name, rules);
    shape.fields.set(name, field);
  }
}

interface Place {
  where: string;
  key: string;
  rules: ShapeRules;
}

function compare(expected: Shape, actual: Shape, { where, key, rules }: Place): string[] {
  const allowed = [...expected.types, ...(rules.orTypes?.[key] ?? [])];
  const odd = [...actual.types].filter((type) => !allowed.includes(type));
  if (odd.length > 0)
    return [`${where}: expected ${allowed.join(" or ")}, got ${odd.join(" and ")}`];
  const differences: string[] = [];
  for (const [name, { shape, count }] of expected.objects > 0 ? actual.fields : []) {
    const recorded = expected.fields.get(name);
    const place = { where: `${where}.${name}`, key: name, rules };
    if (!recorded) differences.push(`${place.where}: is one key too many`);
    else differences.push(...compare(recorded.shape, shape, place));
    if (recorded?.count === expected.objects && count < actual.objects) {
      differences.push(`${place.where}: is missing from some entries`);
    }
  }
  for (const [name, { count }] of expected.fields) {
    const isAlways = count === expected.objects && actual.objects > 0;
    if (isAlways && !actual.fields.has(name)) differences.push(`${where}.${name}: is missing`);
  }
  if (expected.entries && actual.entries && expected.entries.types.size > 0) {
    const place = { where: `${where}[]`, key: `${key}[]`, rules };
    differences.push(...compare(expected.entries, actual.entries, place));
  }
  return differences;
}
