import type { Forge } from "./forge.ts";
import type { JobRecord } from "./job-record.ts";
import type { Model } from "./model-memory.ts";
import type { Coverage, Pixels } from "./picture/pixels.ts";
import type { GenerationRequest, Plan, Variants } from "./plan.ts";
import type { Repaint } from "./repaint.ts";
import type { ControlNet } from "./scripts/controlnet.ts";
import type { ChosenScripts } from "./scripts/find-scripts.ts";

/** One request inside the lock. */
export interface Job {
  forge: Forge;
  request: GenerationRequest;
  scripts: ChosenScripts;
  /** Of img2img, read already. */
  inits: Pixels[];
  mask: Coverage | null;
  record: JobRecord;
  /** What a selectable script made of the request. */
  variants: Variants | null;
}

/** A job whose plan stands. */
export interface PlannedJob extends Job {
  plan: Plan;
  repaint: Repaint | null;
  controlNet: ControlNet;
}

/** One batch of a planned job. */
export interface Batch {
  job: PlannedJob;
  /** Numbers of its pictures in the job. */
  indexes: number[];
  model: Model;
}
