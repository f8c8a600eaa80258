import type { Info } from "./answer-info.ts";

/** What is known of an answer's pictures before it is known which of them are results. */
export interface Pictures {
  /** The infotext that each picture carries, in Forge's order; null where it carries none. */
  readonly texts: readonly (string | null)[];
  readonly info: Pick<Info, "index_of_first_image" | "infotexts">;
  /** Whether this Forge writes infotexts into pictures. */
  readonly writesInfotext: boolean;
}

/** One result: where it stands in the answer, and its infotext. */
export interface Paired {
  readonly at: number;
  readonly infotext: string | null;
}

/** The results of an answer; `otherCount` pictures behind the grids are none. */
export interface Pairing {
  readonly results: readonly Paired[];
  readonly otherCount: number;
  /** Whether results go by their place as some of them have lost their text. */
  readonly hasLostTexts: boolean;
}

/** The pictures behind the grids that carry one of the answer's infotexts. Grids have one too when they are saved. */
function byText({ texts, info }: Pictures): Paired[] {
  const known = new Set(info.infotexts);
  const first = info.index_of_first_image;
  return texts.flatMap((text, at) =>
    at >= first && text !== null && known.has(text) ? [{ at, infotext: text }] : [],
  );
}

function byPosition({ texts, info }: Pictures, count: number): Paired[] {
  const first = info.index_of_first_image;
  return [...texts.keys()]
    .slice(first, first + count)
    .map((at) => ({ at, infotext: info.infotexts[at] ?? null }));
}

const pairing = (
  pictures: Pictures,
  results: readonly Paired[],
  hasLostTexts = false,
): Pairing => ({
  results,
  hasLostTexts,
  otherCount: Math.max(
    0,
    pictures.texts.length - pictures.info.index_of_first_image - results.length,
  ),
});

/**
 * Tells the results of a plain generation from grids, masks and control maps (forge-reference 1.11): by the
 * infotext that only results carry; on a server that writes none, by their place. `wanted` is how many
 * there must be; it is for the caller to see that there are as many. Pure.
 */
export function pairResults(pictures: Pictures, wanted: number): Pairing {
  const results = pictures.writesInfotext ? byText(pictures) : byPosition(pictures, wanted);
  return pairing(pictures, results);
}

/** As many results as there are infotexts. */
const byAllPositions = (pictures: Pictures) =>
  byPosition(pictures, pictures.info.infotexts.length - pictures.info.index_of_first_image);

/**
 * The same for a generation in which a script of an extension has a say: as many as there are. It may replace
 * a picture after the text was put in; once one lacks its text, all go by their place. Pure.
 */
export function pairChangedResults(pictures: Pictures): Pairing {
  const all = byAllPositions(pictures);
  if (!pictures.writesInfotext) return pairing(pictures, all);
  const own = byText(pictures);
  return own.length < all.length ? pairing(pictures, all, true) : pairing(pictures, own);
}

/**
 * The same for a script that makes pictures of its own: as many as there are infotexts. Each has the text
 * that it carries, which need not be among those of the answer (Loopback); pictures put together from
 * others carry none (SD upscale, grids), and count only where no picture carries one. Pure.
 */
export function pairScriptResults(pictures: Pictures): Pairing {
  const { texts } = pictures;
  const all = byAllPositions(pictures);
  const own = all.flatMap(({ at }) => {
    const infotext = texts[at] ?? null;
    return infotext === null ? [] : [{ at, infotext }];
  });
  return pairing(pictures, pictures.writesInfotext && own.length > 0 ? own : all);
}
