import { isCut, readPixels } from "./compare/picture.ts";

type Pixels = Awaited<ReturnType<typeof readPixels>>;

/** One picture of a recording beside the one that the asked Forge made for it. */
interface Pair {
  name: string;
  recorded: Pixels;
  fresh: Pixels;
}

const PNG_IN_BASE64 = "iVBORw0KGgo";

/** Levels of 255 by which pictures of equal img2img requests may differ on the average (forge-reference 1.5). */
const NEAR_LEVELS = 4;

/** Two recordings that differ by less do so in some last bits only: a batch is reckoned in another order. */
const ROUNDING_LEVELS = 0.001;

/** Pixels from the border that no recorded mask repaints, with its blur. */
const BORDER_PIXELS = 4;

/** Sentences about one case; more say nothing new. */
const SENTENCES_MAX = 3;

/**
 * The pictures of a run: two of them are equal exactly where the recordings' are. Only lossless
 * pictures of txt2img with a seed that was sent; img2img repeats to the last bits only.
 */
export class PicturesSeen {
  readonly #pairs: Pair[] = [];

  /**
   * Pictures of one colour whose recordings have many: the asked Forge's arithmetic gave no number, so
   * that all of them are black. Equality among them says nothing.
   */
  readonly blank: string[] = [];

  /** Notes the pictures of a case and tells where they break an equality with earlier ones. */
  async note(id: string, recorded: string[], fresh: string[]): Promise<string[]> {
    const differences: string[] = [];
    for (const [index, image] of recorded.entries()) {
      const twin = fresh[index];
      if (twin === undefined || isCut(image) || ![image, twin].every(isPng)) continue;
      const pair = {
        name: `${id} images[${index}]`,
        recorded: await readPixels(image),
        fresh: await readPixels(twin),
      };
      if (isBlank(pair.fresh) && !isBlank(pair.recorded)) this.blank.push(pair.name);
      differences.push(...this.#pairs.flatMap((earlier) => relate(pair, earlier)));
      this.#pairs.push(pair);
    }
    const more = differences.length - SENTENCES_MAX;
    return more > 0
      ? [...differences.slice(0, SENTENCES_MAX), `… and ${more} more such pairs`]
      : differences;
  }
}

function isPng(base64: string): boolean {
  return base64.startsWith(PNG_IN_BASE64);
}

function relate({ name, recorded, fresh }: Pair, earlier: Pair): string[] {
  const isRecordedEqual = isEqual(recorded, earlier.recorded);
  if (isRecordedEqual === isEqual(fresh, earlier.fresh)) return [];
  if (isRecordedEqual) return [`${name}: is not the same as ${earlier.name}`];
  const saysNothing =
    isBlank(fresh) || measureDistance(recorded, earlier.recorded) < ROUNDING_LEVELS;
  return saysNothing ? [] : [`${name}: is the same as ${earlier.name}, but not in the recordings`];
}

function isEqual(one: Pixels, two: Pixels): boolean {
  return hasSameSize(one, two) && one.data.equals(two.data);
}

function isBlank({ data }: Pixels): boolean {
  return data.subarray(3).equals(data.subarray(0, -3));
}

function hasSameSize({ info }: Pixels, { info: other }: Pixels): boolean {
  return info.width === other.width && info.height === other.height;
}

/** Levels of 255 by which two pictures differ on the average; infinite where their sizes differ. */
function measureDistance(one: Pixels, two: Pixels): number {
  if (!hasSameSize(one, two)) return Number.POSITIVE_INFINITY;
  return averageDistance(one.data, two.data, () => true);
}

/** Whether two pictures of img2img count as equal: the same size, and colours that are near. */
export async function isNear(one: string, two: string): Promise<boolean> {
  return measureDistance(await readPixels(one), await readPixels(two)) <= NEAR_LEVELS;
}

/** Whether the border of a picture is still that of the picture it was made from. */
export async function isBorderKept(picture: string, init: string): Promise<boolean> {
  const [first, second] = [await readPixels(picture), await readPixels(init)];
  if (!hasSameSize(first, second)) return false;
  const { width, height } = first.info;
  const isBorder = (index: number) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    const [right, bottom] = [width - 1 - x, height - 1 - y];
    return Math.min(x, y, right, bottom) < BORDER_PIXELS;
  };
  return averageDistance(first.data, second.data, isBorder) <= NEAR_LEVELS;
}

function averageDistance(one: Buffer, two: Buffer, counts: (pixel: number) => boolean): number {
  let [sum, number] = [0, 0];
  for (let place = 0; place < one.length; place++) {
    if (!counts(Math.floor(place / 3))) continue;
    sum += Math.abs((one[place] ?? 0) - (two[place] ?? 0));
    number += 1;
  }
  return sum / number;
}
