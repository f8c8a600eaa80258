import { hiresSize, type LeaseGrant, type ResolvedParams } from "@mobilesd/contract";
import type { SeatFacts } from "./seat.ts";

const PIXELS_PER_MEGAPIXEL = 1_000_000;

/** What a job has to draw: pixels of one picture in millions times steps, of each pass, times pictures. Pure. */
export function megapixelStepsOf(params: ResolvedParams): number {
  const { width, height, steps, batch_size, n_iter, hires } = params;
  const second = hires ? hiresSize(params, hires) : { width: 0, height: 0 };
  const secondSteps = hires?.steps || steps;
  const pixelSteps = width * height * steps + second.width * second.height * secondSteps;
  return (batch_size * n_iter * pixelSteps) / PIXELS_PER_MEGAPIXEL;
}

/** The name of a checkpoint's file without folder and ending, which is how people call it. */
const shortName = (checkpoint: string) =>
  checkpoint
    .slice(Math.max(checkpoint.lastIndexOf("/"), checkpoint.lastIndexOf("\\")) + 1)
    .replace(/\.[a-z]+$/i, "");

/** What is known of a job before it is begun, without a word of its prompt. Pure. */
export function factsOf(lease: LeaseGrant): SeatFacts {
  const { width, height, steps, batch_size, n_iter } = lease.generation_params;
  const count = batch_size * n_iter;
  const size = `${count > 1 ? `${count} of ` : ""}${width}×${height}`;
  return {
    jobId: lease.mobilesd_job_id,
    label: `${size}, ${steps} steps, ${shortName(lease.checkpoint_name)}`,
    megapixelSteps: megapixelStepsOf(lease.generation_params),
  };
}
