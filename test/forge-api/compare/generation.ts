import { diffValues, isObject, type JsonObject, tell } from "./difference.ts";
import { diffInfotexts } from "./infotext.ts";
import { isCut, type PictureFacts, readCutPicture, readPicture } from "./picture.ts";
import { parsePythonJson } from "./python-json.ts";

/** What the asked Forge chooses by itself, so that it cannot be compared. */
export interface Drawn {
  isSeedDrawn: boolean;
  isSubseedDrawn: boolean;
}

/** An answer of txt2img or img2img, read but for the pixels. */
export interface Generation {
  parameters: unknown;
  info: JsonObject;
  infotexts: string[];
  pictures: Partial<PictureFacts>[];
}

/** Reads an answer of txt2img or img2img; throws a sentence where it is none. */
export async function readGeneration(body: unknown): Promise<Generation> {
  if (!isObject(body)) throw new Error("body: is no answer of a generation");
  const keys = Object.keys(body).sort().join();
  if (keys !== "images,info,parameters") throw new Error(`body: has the keys ${keys}`);
  const info = parsePythonJson(String(body.info));
  if (!isObject(info) || !Array.isArray(info.infotexts)) throw new Error("body.info: is no info");
  const { infotexts, ...rest } = info;
  const pictures: Partial<PictureFacts>[] = [];
  for (const image of body.images as string[]) {
    pictures.push(isCut(image) ? readCutPicture(image) : await readPicture(image));
  }
  return { parameters: body.parameters, info: rest, infotexts: infotexts.map(String), pictures };
}

/**
 * Compares two generations: the echo and `info` by value, infotexts by keys and their order, pictures
 * by number, order, kind, size and text. Never by pixels, moment, version or what Forge drew.
 */
export function diffGenerations(expected: Generation, actual: Generation, drawn: Drawn): string[] {
  const keys = ["Version", ...(drawn.isSeedDrawn ? ["Seed"] : [])];
  return [
    ...diffValues(expected.parameters, actual.parameters, "parameters"),
    ...diffValues(hideDrawn(expected.info, drawn), hideDrawn(actual.info, drawn), "info"),
    ...diffCounts(expected.infotexts, actual.infotexts, "infotexts", (text, other, where) =>
      diffInfotexts(text, other, where, keys),
    ),
    ...diffCounts(expected.pictures, actual.pictures, "images", (picture, other, where) =>
      diffPictures(picture, other, where, keys),
    ),
  ];
}

function diffCounts<T>(
  expected: readonly T[],
  actual: readonly T[],
  where: string,
  diff: (expected: T, actual: T, where: string) => string[],
): string[] {
  if (expected.length !== actual.length)
    return [tell(`${where} (number)`, expected.length, actual.length)];
  return expected.flatMap((value, index) =>
    diff(value, actual[index] ?? value, `${where}[${index}]`),
  );
}

function diffPictures(
  expected: Partial<PictureFacts>,
  actual: Partial<PictureFacts>,
  where: string,
  drawnKeys: string[],
): string[] {
  const { text, ...facts } = expected;
  const known = Object.keys(facts) as (keyof typeof facts)[];
  const seen = Object.fromEntries(known.map((key) => [key, actual[key]]));
  const differences = diffValues(facts, seen, where);
  if (typeof text !== "string") return differences;
  return [...differences, ...diffInfotexts(text, actual.text ?? "", `${where}.text`, drawnKeys)];
}

function hideDrawn(info: JsonObject, drawn: Drawn): JsonObject {
  const hidden = new Set(["job_timestamp", "version"]);
  if (drawn.isSeedDrawn) for (const key of ["seed", "all_seeds"]) hidden.add(key);
  if (drawn.isSubseedDrawn) for (const key of ["subseed", "all_subseeds"]) hidden.add(key);
  return Object.fromEntries(
    Object.entries(info).map(([key, value]) => [key, hidden.has(key) ? hideValue(value) : value]),
  );
}

// Type and number stay: a drawn seed is still a number, and there is one for each picture.
function hideValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideValue);
  return `(some ${typeof value})`;
}
