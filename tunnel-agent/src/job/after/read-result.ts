import type { JobWarning } from "@mobilesd/contract";
import { type Failure, failure } from "../failure/failure.ts";
import { readAnswer } from "./answer-info.ts";
import type { Asked, Evidence } from "./asked.ts";
import { checkDifferences } from "./changed-by-script.ts";
import { checkAnswer, checkScheduler } from "./check-answer.ts";
import { checkParts, unprovenLoras, unusedRefiner } from "./check-parts.ts";
import { checkControlNet, silentScripts } from "./check-scripts.ts";
import { unusedEmbeddings } from "./embedding-use.ts";
import { findResults } from "./find-results.ts";
import { finishResults, type ResultImage, type Show } from "./finish-results.ts";
import { readInfotext } from "./infotext.ts";
import { openPicture } from "./open-picture.ts";

export type { ResultImage } from "./finish-results.ts";

export type Result =
  | {
      readonly ok: true;
      readonly images: readonly ResultImage[];
      /** What the pictures are not, although they are the ones that were asked for. */
      readonly warnings: readonly JobWarning[];
    }
  | { readonly ok: false; readonly failure: Failure };

const failed = (why: Failure): Result => ({ ok: false, failure: why });

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
 * was asked: what is not whole, or shows that something was lost, is a failure and never a result. `show` hears of each picture as soon as it is one of a result.
 */
export async function readResult(
  bytes: Uint8Array,
  asked: Asked,
  show: Show = () => {},
): Promise<Result> {
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
  const images = await finishResults(results, show);
  if ("reason" in images) return failed(images);
  return { ok: true, images, warnings: [...differences.warnings, ...warningsOf(evidence)] };
}
