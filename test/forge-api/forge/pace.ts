import type { ForgeConnection } from "./connection.ts";
import { drawOne } from "./lab.ts";

/** How traces of a Forge are recorded. */
export interface Pace {
  size: { width: number; height: number };
  intervalMs: number;
  /** Infinite where no state can pass unseen. */
  stepMs: number;
  /** What comes before the sampling may be over before a poll. */
  mayMissBegin: boolean;
}

/** A step must last so long that several polls see it. */
const STEP_MS_AT_LEAST = 25;
const POLLS_IN_A_STEP = 6;
const INTERVAL_MS = { min: 4, max: 100 };

/** Sizes of pictures, the next one being taken while steps are too short. */
const SIZES = [64, 256, 512, 1024];

const FEW_STEPS = 1;
const MORE_STEPS = 4;

/** Measures how long a step takes, and chooses a size and an interval with which it can be watched. */
export async function measurePace(forge: ForgeConnection): Promise<Pace> {
  let stepMs = 0;
  let isQuick = false;
  for (const side of SIZES) {
    const size = { width: side, height: side };
    const few = await measureJob(forge, { ...size, steps: FEW_STEPS });
    const more = await measureJob(forge, { ...size, steps: MORE_STEPS });
    stepMs = (more - few) / (MORE_STEPS - FEW_STEPS);
    if (stepMs >= STEP_MS_AT_LEAST) {
      const wanted = Math.round(stepMs / POLLS_IN_A_STEP);
      const intervalMs = Math.min(Math.max(wanted, INTERVAL_MS.min), INTERVAL_MS.max);
      return { size, intervalMs, stepMs, mayMissBegin: isQuick };
    }
    isQuick = true;
  }
  throw new Error(`This Forge is too quick to be watched: a step takes ${Math.round(stepMs)} ms`);
}

async function measureJob(forge: ForgeConnection, fields: object): Promise<number> {
  const began = performance.now();
  await drawOne(forge, fields);
  return performance.now() - began;
}
