import { type Checkpoint, findClosestCheckpoint, getShortTitle } from "./checkpoints.ts";
import { PythonError } from "./errors.ts";
import type { Extra } from "./infotext.ts";
import { asFloat } from "./python-json.ts";

/** A model that takes over in the middle of sampling. */
export interface RefinerPlan {
  checkpoint: Checkpoint;
  /** Share of the steps; null takes over before the first step. */
  switchAt: number | null;
}

/** Which passes a job has and which one is sampled now. */
export interface RefinedPass {
  steps: number;
  isHires: boolean;
  hasHires: boolean;
  /** The option `hires_fix_refiner_pass`. */
  refinedPass: string;
}

/** Reads the refiner of a request, null when there is none. Throws Exception for an unknown one. */
export function createRefinerPlan(
  name: string | null,
  switchAt: number | null,
  checkpoints: Checkpoint[],
): RefinerPlan | null {
  if (!name || name.toLowerCase() === "none") return null;
  const checkpoint = findClosestCheckpoint(checkpoints, name);
  if (checkpoint) return { checkpoint, switchAt };
  throw new PythonError("Exception", `Could not find checkpoint with name ${name}`);
}

/**
 * The step (from 0) before which the refiner takes over, null when it never does: because it is
 * the model that runs already, the share is never reached, or the pass is not its pass.
 */
export function findSwitchStep(
  refiner: RefinerPlan | null,
  running: Checkpoint,
  pass: RefinedPass,
): number | null {
  if (refiner === null || refiner.checkpoint === running) return null;
  if (pass.hasHires && !isRefined(pass)) return null;
  const switchAt = refiner.switchAt ?? 0;
  const shares = Array.from({ length: pass.steps }, (_, step) => step / pass.steps);
  const step = shares.findIndex((share) => share >= switchAt);
  return step < 0 ? null : step;
}

function isRefined({ refinedPass, isHires }: RefinedPass): boolean {
  return refinedPass === "both passes" || refinedPass === (isHires ? "second pass" : "first pass");
}

/** What a refiner that took over adds to an infotext. */
export function describeRefiner(refiner: RefinerPlan, pass: RefinedPass): Extra {
  const isNamed = pass.hasHires && pass.refinedPass !== "second pass";
  return {
    ...(isNamed ? { "Hires refiner": pass.refinedPass } : {}),
    Refiner: getShortTitle(refiner.checkpoint),
    "Refiner switch at": asFloat(refiner.switchAt),
  };
}
