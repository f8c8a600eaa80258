import { type Distance, distanceOf, isSame, showDistance, textIn } from "./pictures.ts";

/** How far pictures may be from those of the direct call; null where not at all. */
export type Tolerance = Distance | null;

async function compareOne(queued: Buffer, direct: Buffer, tolerance: Tolerance): Promise<string[]> {
  if (queued.equals(direct)) return [];
  const differences: string[] = [];
  const [text, directText] = [await textIn(queued), await textIn(direct)];
  if (text !== directText) {
    differences.push(
      `the text in it is ${JSON.stringify(text)}, directly ${JSON.stringify(directText)}`,
    );
  }
  const distance = await distanceOf(queued, direct);
  if (distance === null) return [...differences, "it has another size than directly"];
  if (isSame(distance)) {
    if (differences.length > 0 || tolerance !== null) return differences;
    return ["pixels and text are the same as directly, but not the bytes of the file"];
  }
  if (tolerance === null) {
    return [...differences, `it differs from the direct one by ${showDistance(distance)}`];
  }
  if (distance.mean <= tolerance.mean && distance.greatest <= tolerance.greatest) {
    return differences;
  }
  const words = `${showDistance(distance)}, and equal direct calls by ${showDistance(tolerance)}`;
  return [...differences, `it differs from the direct one by ${words}`];
}

/**
 * Compares the pictures of a job with those of the direct call, one by one: the same bytes, or, where a
 * tolerance is given, the same text and a distance within it. One sentence for each difference.
 */
export async function comparePictures(
  queued: readonly Buffer[],
  direct: readonly Buffer[],
  tolerance: Tolerance = null,
): Promise<string[]> {
  if (queued.length !== direct.length) {
    return [`the job has ${queued.length} pictures, and directly there are ${direct.length}`];
  }
  const found = await Promise.all(
    queued.map((bytes, at) => compareOne(bytes, direct[at] ?? Buffer.of(), tolerance)),
  );
  return found.flatMap((differences, at) =>
    differences.map((difference) => `picture ${at + 1}: ${difference}`),
  );
}
