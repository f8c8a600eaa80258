import { createInfotext } from "./infotext.ts";
import type { Batch, PlannedJob } from "./job.ts";
import { joinGrid } from "./picture/grid.ts";
import type { Pixels } from "./picture/pixels.ts";
import { pixelsOfCoverage } from "./picture/pixels.ts";
import type { Plan } from "./plan.ts";
import type { Repainted } from "./repaint.ts";
import { hideText } from "./stealth-text.ts";

/** One picture of the answer, before it is encoded. */
export interface Output {
  pixels: Pixels;
  /** One byte a pixel; null where the picture has no alpha channel. */
  alpha: Buffer | null;
  /** What its text chunk will hold. */
  text: string | null;
}

/** What a job made. */
export interface Processed {
  plan: Plan;
  outputs: Output[];
  infotexts: string[];
  /** Behind all others and without a text: ControlNet's maps. */
  extraImages: Pixels[];
  indexOfFirstImage: number;
  jobTimestamp: string;
}

/** Adds the pictures of a batch with their texts, each with its mask right behind it if asked for. */
export function collectBatch(processed: Processed, batch: Batch, pictures: Repainted[]): void {
  const { job, indexes } = batch;
  const { options } = job.forge;
  for (const [position, { picture, masked }] of pictures.entries()) {
    const text = createInfotext(processed.plan, options, indexes[position] ?? 0);
    processed.infotexts.push(text);
    const alpha = isSaved(job) ? hideText(picture, text, options, "samples_format") : null;
    processed.outputs.push({ pixels: picture, alpha, text });
    if (masked && options.get("return_mask") === true) {
      const pixels = pixelsOfCoverage(masked.coverage);
      processed.outputs.push({ pixels, alpha: null, text: null });
    }
    if (masked && options.get("return_mask_composite") === true) {
      const { unmasked: pixels, coverage } = masked;
      processed.outputs.push({ pixels, alpha: coverage.data, text: null });
    }
  }
}

/** Puts the grid in front when there is one; a job without any picture has one infotext too. */
export async function finishPictures(processed: Processed, job: PlannedJob): Promise<Processed> {
  const { options } = job.forge;
  const { plan, outputs } = processed;
  if (processed.infotexts.length === 0) processed.infotexts.push(createInfotext(plan, options, 0));
  const isAlone = outputs.length < 2 && options.get("grid_only_if_multiple") !== false;
  const isWanted = options.get("return_grid") !== false && job.request.body.save_images;
  // Prompt matrix makes a grid of its own.
  if (!isWanted || isAlone || outputs.length === 0 || job.variants !== null) return processed;
  const pixels = await joinGrid(
    outputs.map((output) => output.pixels),
    countRows(outputs.length, plan.batchSize, options.getNumber("n_rows")),
  );
  const text = createInfotext(plan, options, 0);
  const isKept = options.get("grid_save") !== false;
  const hidden = isKept ? hideText(pixels, text, options, "grid_format") : null;
  const alpha = hidden ?? Buffer.alloc(pixels.width * pixels.height, 255);
  processed.infotexts.unshift(text);
  processed.outputs.unshift({ pixels, alpha, text });
  processed.indexOfFirstImage = 1;
  return processed;
}

// What was interrupted or skipped is not written to disk, and so stays without hidden text.
function isSaved({ forge, request }: PlannedJob): boolean {
  const { options, progress } = forge;
  const isWhole = !progress.interrupted && !progress.skipped;
  return (
    request.body.save_images &&
    options.get("samples_save") !== false &&
    (isWhole || options.get("save_incomplete_images") === true)
  );
}

function countRows(count: number, batchSize: number, option: number): number {
  if (option > 0) return Math.min(option, count);
  return Math.min(option === 0 ? batchSize : Math.round(Math.sqrt(count)), count);
}
