import { PythonError } from "../errors.ts";
import type { Processed } from "../finish-pictures.ts";
import type { Job } from "../job.ts";
import { joinGrid } from "../picture/grid.ts";
import { chooseSeed, type Variants } from "../plan.ts";
import { processImages } from "../process-images.ts";
import { formatPythonText } from "../python-json.ts";
import { annotateGrid } from "./annotate-grid.ts";

/** What the script was given, its argument list already checked. */
interface MatrixChoice {
  isInFront: boolean;
  hasDifferentSeeds: boolean;
  isPositive: boolean;
  delimiter: string;
  margin: number;
}

/**
 * Runs Prompt matrix: one picture for each combination of the parts between "|", and in front of
 * them, saved or not, a grid without a text. Throws ValueError for words that it does not know,
 * which a short argument list brings in from the script behind it.
 */
export async function runPromptMatrix(job: Job, args: readonly unknown[]): Promise<Processed> {
  const choice = readChoice(args);
  const { body } = job.request;
  const text = choice.isPositive ? body.prompt : body.negative_prompt;
  if (text === null) {
    throw new PythonError("AttributeError", "'NoneType' object has no attribute 'split'");
  }
  const parts = text.split("|");
  const texts = combineParts(parts, choice);
  const seed = chooseSeed(body.seed, Math.random);
  const variants: Variants = {
    prompts: choice.isPositive ? texts : null,
    negativePrompts: choice.isPositive ? null : texts,
    seeds: texts.map((_, index) => seed + (choice.hasDifferentSeeds ? index : 0)),
    batchCount: Math.ceil(texts.length / (body.batch_size || 1)),
  };
  const processed = await processImages({ ...job, variants });
  const [first] = processed.outputs;
  const [infotext] = processed.infotexts;
  if (first === undefined || infotext === undefined) return processed;
  const rows = 1 << ((parts.length - 1) >> 1);
  const grid = await joinGrid(
    processed.outputs.map(({ pixels }) => pixels),
    Math.min(rows, processed.outputs.length),
  );
  const pixels = await annotateGrid(grid, first.pixels, parts.slice(1), choice.margin);
  processed.outputs.unshift({ pixels, alpha: null, text: null });
  processed.infotexts.unshift(infotext);
  processed.indexOfFirstImage = 1;
  return processed;
}

/** Every combination of the parts behind the first, in the order of binary numbers. */
function combineParts(parts: string[], { isInFront, delimiter }: MatrixChoice): string[] {
  const [base = "", ...variable] = parts;
  return Array.from({ length: 2 ** variable.length }, (_, combination) => {
    const chosen = variable
      .filter((_part, bit) => combination & (1 << bit))
      .map((part) => part.trim().replace(/^,+|,+$/g, ""));
    return (isInFront ? [...chosen, base] : [base, ...chosen]).join(delimiter);
  });
}

function readChoice(args: readonly unknown[]): MatrixChoice {
  const [isInFront, hasDifferentSeeds, kind, joint, margin] = args;
  if (kind !== "positive" && kind !== "negative") {
    throw new PythonError("ValueError", `Unknown prompt type ${formatPythonText(kind)}`);
  }
  if (joint !== "comma" && joint !== "space") {
    throw new PythonError("ValueError", `Unknown variations delimiter ${formatPythonText(joint)}`);
  }
  return {
    isInFront: Boolean(isInFront),
    hasDifferentSeeds: Boolean(hasDifferentSeeds),
    isPositive: kind === "positive",
    delimiter: joint === "comma" ? ", " : " ",
    margin: Number(margin) || 0,
  };
}
