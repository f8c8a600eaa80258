import {
  type Distance,
  distanceOf,
  isSame,
  showDistance,
  spreadOf,
} from "../../forge-jobs/pictures.ts";

/** What became of one comparison of pictures. */
export interface Likeness {
  /** One sentence each; none where the queued pictures are Generate's. */
  readonly differences: readonly string[];
  /** Whether every picture is one of Generate's, bit by bit. */
  readonly isExact: boolean;
}

const within = (distance: Distance, spread: Distance) =>
  distance.mean <= spread.mean && distance.greatest <= spread.greatest;

async function compareOne(
  queued: Buffer,
  generated: readonly Buffer[],
): Promise<{ difference: string | null; isExact: boolean }> {
  const found = await Promise.all(generated.map((picture) => distanceOf(queued, picture)));
  const distances = found.filter((distance) => distance !== null);
  if (distances.length < found.length) return { difference: "it has another size", isExact: false };
  if (distances.some(isSame)) return { difference: null, isExact: true };
  const spread = await spreadOf(generated);
  if (distances.some((distance) => within(distance, spread))) {
    return { difference: null, isExact: false };
  }
  const shown = distances.map(showDistance).join(" and by ");
  const own = isSame(spread) ? "which are the same" : `which differ by ${showDistance(spread)}`;
  return { difference: `it differs from the two of Generate, ${own}, by ${shown}`, isExact: false };
}

/**
 * Holds queued pictures to those of several Generates on the same screen: each is one of theirs bit by bit,
 * or no farther from one of them than they are from each other.
 */
export async function comparePictures(
  queued: readonly Buffer[],
  generated: readonly (readonly Buffer[])[],
): Promise<Likeness> {
  const counts = [queued, ...generated].map(({ length }) => length);
  if (counts.some((count) => count !== counts[0] || count === 0)) {
    const [own, ...others] = counts;
    const words = `there are ${own} queued pictures, and Generate left ${others.join(" and ")}`;
    return { differences: [words], isExact: false };
  }
  const found = await Promise.all(
    queued.map((picture, at) =>
      compareOne(
        picture,
        generated.flatMap((pictures) => pictures[at] ?? []),
      ),
    ),
  );
  return {
    differences: found.flatMap(({ difference }, at) =>
      difference === null ? [] : [`picture ${at + 1}: ${difference}`],
    ),
    isExact: found.every(({ isExact }) => isExact),
  };
}
