import { isObject, type JsonObject, show } from "../../forge-api/compare/difference.ts";

/** One place where two of the oracle's files differ. */
export interface Difference {
  readonly place: readonly string[];
  /** What Generate ran; undefined where it has no such place. */
  readonly generated: unknown;
  /** What the queued job ran. */
  readonly queued: unknown;
}

/** A place as one text: `fields.hr_cfg`, `scripts.ControlNet[0].weight`. */
export function showPlace(place: readonly string[]): string {
  return place.reduce((text, step) => {
    if (/^\d+$/.test(step)) return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** One sentence for a difference. */
export function showDifference({ place, generated, queued }: Difference): string {
  return `${showPlace(place)}: Generate ran ${show(generated)}, the queue ${show(queued)}`;
}

function children(value: unknown): JsonObject | null {
  if (isObject(value)) return value;
  return Array.isArray(value) ? Object.fromEntries(value.entries()) : null;
}

/** Every place where two values differ, as deep as both go. */
export function differencesOf(
  generated: unknown,
  queued: unknown,
  place: readonly string[] = [],
): Difference[] {
  const [one, two] = [children(generated), children(queued)];
  if (one === null || two === null || Array.isArray(generated) !== Array.isArray(queued)) {
    return Object.is(generated, queued) ? [] : [{ place, generated, queued }];
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(two)]);
  return [...keys].flatMap((key) => differencesOf(one[key], two[key], [...place, key]));
}

/** Every place of `part` that is not so in `whole`, one sentence each. */
export function missingIn(whole: unknown, part: unknown, place: readonly string[] = []): string[] {
  const [one, two] = [children(whole), children(part)];
  if (one === null || two === null) {
    if (Object.is(whole, part)) return [];
    return [`${showPlace(place)} is ${show(whole)}, not ${show(part)}`];
  }
  return Object.keys(two).flatMap((key) => missingIn(one[key], two[key], [...place, key]));
}
