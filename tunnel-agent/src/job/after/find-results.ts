import { LIMITS, mayChangeResults, resultSize, type Size } from "@mobilesd/contract";
import { type Failure, failure, notAsAsked } from "../failure/failure.ts";
import type { Answer } from "./answer-info.ts";
import type { Asked } from "./asked.ts";
import type { OpenPicture } from "./open-picture.ts";
import {
  type Pairing,
  pairChangedResults,
  pairResults,
  pairScriptResults,
} from "./pair-pictures.ts";

/** One result of an answer, with the infotext that is its own. */
export interface FoundResult {
  readonly picture: OpenPicture;
  readonly infotext: string | null;
}

export type Found =
  | {
      readonly ok: true;
      readonly results: readonly FoundResult[];
      /** Pictures behind the grids that are no results. */
      readonly otherCount: number;
      readonly hasLostTexts: boolean;
    }
  | { readonly ok: false; readonly failure: Failure };

const incomplete = (message: string, ownerMessage?: string) =>
  failure("infra", "incomplete_result", message, { ownerMessage });

const countAsked = ({ params }: Asked) => params.batch_size * params.n_iter;

const isCountFree = ({ params }: Asked) =>
  params.script !== undefined || mayChangeResults(params.alwayson_scripts);

/**
 * What is wrong with the number of results. Fewer than asked for, or than a script tells of, are never a
 * result.
 */
function findWrongCount(asked: Asked, answer: Answer, count: number): Failure | null {
  const { params, writesInfotext } = asked;
  const { images, info } = answer;
  // A script makes as many as it tells of; pictures put together from others may be among them.
  const scriptWanted = images.length < info.infotexts.length ? info.infotexts.length : count;
  const wanted = isCountFree(asked) ? Math.max(1, scriptWanted) : countAsked(asked);
  if (count < wanted) {
    if (writesInfotext && count === 0 && images.length >= wanted) {
      const advice =
        'See that "Write infotext to metadata of the generated image" is on in Forge\'s settings.';
      return incomplete("Forge's pictures carry no text to know the results by.", advice);
    }
    const message =
      count === 0 ? "Forge gave no picture." : `Forge gave only ${count} of ${wanted} pictures.`;
    return incomplete(message);
  }
  const limit = LIMITS.imagesPerJobMax;
  if (count > limit) {
    const message = `The script made ${count} pictures; a job may have ${limit}.`;
    const field = params.script ? "script" : "alwayson_scripts";
    return failure("user", "invalid_job", message, { field });
  }
  return null;
}

/** Another number of results than was asked for. A selectable script decides on it itself. Null: as many. Pure. */
export function findOtherCount(asked: Asked, count: number): Failure | null {
  const wanted = countAsked(asked);
  if (asked.params.script || count === wanted) return null;
  const gave = count === 1 ? "1 picture" : `${count} pictures`;
  return notAsAsked("n_iter", `Forge gave ${gave} instead of ${wanted}.`);
}

function sizeWanted(asked: Asked): Size {
  // Without the input picture around it, only the repainted part is handed out.
  const isPartAlone = asked.request.overrides.overlay_inpaint === false;
  return resultSize(asked.params, isPartAlone ? null : asked.inputSize);
}

const inWords = ({ width, height }: Size) => `${width}x${height}`;

/**
 * A size other than the one asked for, as the pictures' own headers have it. A selectable script decides on
 * sizes itself. Null: all are right. Pure.
 */
export function findWrongSize(asked: Asked, results: readonly FoundResult[]): Failure | null {
  if (asked.params.script) return null;
  const wanted = inWords(sizeWanted(asked));
  for (const [at, { picture }] of results.entries()) {
    const size = inWords(picture);
    if (size === wanted) continue;
    if (asked.params.hires && size === inWords(asked.params)) {
      const message = `Picture ${at + 1} was cut short after the first pass: it is ${size} instead of ${wanted}.`;
      return incomplete(message);
    }
    return notAsAsked("width", `Picture ${at + 1} is ${size} instead of ${wanted}.`);
  }
  return null;
}

function pair(asked: Asked, answer: Answer, pictures: readonly (OpenPicture | null)[]): Pairing {
  const texts = pictures.map((picture) => picture?.text ?? null);
  const known = { texts, info: answer.info, writesInfotext: asked.writesInfotext };
  if (asked.params.script) return pairScriptResults(known);
  return isCountFree(asked) ? pairChangedResults(known) : pairResults(known, countAsked(asked));
}

/**
 * The results among an answer's pictures, as many as were asked for; `pictures` are all of the answer, null
 * where one cannot be read. Pure.
 */
export function findResults(
  asked: Asked,
  answer: Answer,
  pictures: readonly (OpenPicture | null)[],
): Found {
  const { results: paired, ...rest } = pair(asked, answer, pictures);
  const results = paired.flatMap(({ at, infotext }) => {
    const picture = pictures[at];
    return picture ? [{ picture, infotext }] : [];
  });
  if (results.length < paired.length) {
    return { ok: false, failure: incomplete("One of Forge's pictures cannot be read.") };
  }
  const wrong = findWrongCount(asked, answer, results.length);
  return wrong ? { ok: false, failure: wrong } : { ok: true, results, ...rest };
}
