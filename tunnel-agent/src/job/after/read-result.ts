import { type ImageMime, type JobWarning, LIMITS } from "@mobilesd/contract";
import { type LivePicture, shrinkPicture } from "../../images/live-picture.ts";
import { mapLimited } from "../../map-limited.ts";
import { type Failure, failure } from "../failure/failure.ts";
import { readAnswer } from "./answer-info.ts";
import type { Asked, Evidence } from "./asked.ts";
import { checkDifferences } from "./changed-by-script.ts";
import { checkAnswer, checkScheduler } from "./check-answer.ts";
import { checkParts, unprovenLoras, unusedRefiner } from "./check-parts.ts";
import { checkControlNet, silentScripts } from "./check-scripts.ts";
import { unusedEmbeddings } from "./embedding-use.ts";
import { type FoundResult, findResults } from "./find-results.ts";
import { readInfotext, seedOf } from "./infotext.ts";
import { mimeOf, openPicture, type Preview, previewOf, sha256Of } from "./open-picture.ts";

/** One picture as Forge gave it, and what is known of it. */
export interface ResultImage {
  /** Counts from 1. */
  readonly index: number;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mime: ImageMime;
  readonly width: number;
  readonly height: number;
  readonly seed: number | null;
  readonly infotext: string | null;
  /** A WebP whose longer side is at most `previewSidePixels`. */
  readonly preview: Preview;
  /** The preview once more, small enough for the socket; null where it does not become that. */
  readonly live: LivePicture | null;
}

export type Result =
  | {
      readonly ok: true;
      readonly images: readonly ResultImage[];
      /** What the pictures are not, although they are the ones that were asked for. */
      readonly warnings: readonly JobWarning[];
    }
  | { readonly ok: false; readonly failure: Failure };

const failed = (why: Failure): Result => ({ ok: false, failure: why });

/** An infotext that is too long to be stored stays in its picture alone. */
const storable = (infotext: string | null) =>
  infotext !== null && infotext.length <= LIMITS.infotextStoredCharsMax ? infotext : null;

/** Pictures that are decoded at once: Forge wants the box's other cores for the next job. */
const FINISHED_AT_ONCE = 2;

/** Makes a result ready to be handed over; a failure where the whole of it cannot be decoded or stored. */
async function finish(result: FoundResult, index: number): Promise<ResultImage | Failure> {
  const { picture, infotext } = result;
  const { bytes, width, height, format } = picture;
  const mime = mimeOf(picture);
  if (!mime) {
    return failure("user", "unsupported_format", `The queue cannot store ${format} pictures.`, {
      ownerMessage: 'Set "File format for images" in Forge\'s settings to png, jpg or webp.',
    });
  }
  if (bytes.length > LIMITS.imageBytesMax) {
    const megabytes = Math.ceil(bytes.length / 1_000_000);
    const message = `Picture ${index} is too large to be stored: ${megabytes} MB. Choose a smaller size.`;
    return failure("user", "incomplete_result", message);
  }
  const preview = await previewOf(picture);
  if (!preview)
    return failure("infra", "incomplete_result", `Picture ${index} came damaged from Forge.`);
  const seed = infotext === null ? null : seedOf(readInfotext(infotext));
  const facts = { mime, width, height, seed, infotext: storable(infotext) };
  const live = await shrinkPicture(preview.bytes);
  return { index, bytes, sha256: sha256Of(bytes), preview, live, ...facts };
}

/** What the answer proves against its results; null: nothing. */
function findLoss(evidence: Evidence): Failure | null {
  return checkScheduler(evidence) ?? checkParts(evidence) ?? checkControlNet(evidence);
}

function unprovenOrder({ asked, otherCount, hasLostTexts }: Evidence): JobWarning[] {
  const isUntold = !asked.writesInfotext && otherCount > 0;
  if (!isUntold && !hasLostTexts) return [];
  const message = hasLostTexts
    ? "A script replaced pictures and left their text out, so that results and other pictures were told apart by their order alone."
    : "The server writes no text into its pictures, so that results and control maps were told apart by their order alone.";
  return [{ code: "order_unproven", message }];
}

function warningsOf(evidence: Evidence): JobWarning[] {
  return [
    ...unusedEmbeddings(evidence),
    ...unprovenLoras(evidence),
    ...unusedRefiner(evidence),
    ...silentScripts(evidence),
    ...unprovenOrder(evidence),
  ];
}

/**
 * Takes the results out of Forge's answer, as it came, each with its own seed and infotext, and holds them against what
 * was asked: what is not whole, or shows that something was lost, is a failure and never a result.
 */
export async function readResult(bytes: Uint8Array, asked: Asked): Promise<Result> {
  const answer = readAnswer(bytes);
  if (!answer) {
    const message = "Forge's answer is not that of a generation.";
    return failed(failure("infra", "incomplete_result", message));
  }
  const wrong = checkAnswer(asked, answer);
  if (wrong) return failed(wrong);
  const pictures = await Promise.all(answer.images.map(openPicture));
  const found = findResults(asked, answer, pictures);
  if (!found.ok) return failed(found.failure);
  const { results, otherCount, hasLostTexts } = found;
  const lines = results.map(({ infotext }) => readInfotext(infotext ?? ""));
  const evidence = { asked, answer, lines, otherCount, hasLostTexts };
  const differences = checkDifferences(evidence, results);
  const loss = findLoss(evidence) ?? differences.failure;
  if (loss) return failed(loss);
  const finished = await mapLimited(results, FINISHED_AT_ONCE, (one, at) => finish(one, at + 1));
  const images: ResultImage[] = [];
  for (const image of finished) {
    if ("reason" in image) return failed(image);
    images.push(image);
  }
  return { ok: true, images, warnings: [...differences.warnings, ...warningsOf(evidence)] };
}
