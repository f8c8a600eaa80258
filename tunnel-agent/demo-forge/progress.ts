import type { Pixels } from "./picture/pixels.ts";

/** The global state of modules/shared_state.py; all times in ms. */
export interface ProgressState {
  skipped: boolean;
  interrupted: boolean;
  job: string;
  jobCount: number;
  jobNo: number;
  jobTimestamp: string;
  samplingStep: number;
  samplingSteps: number;
  startedAt: number;
  previewId: number;
  previewStep: number;
  preview: Pixels | null;
  /** Draws the running picture as it looks after a share of its steps; null when none runs. */
  drawPreview: ((share: number) => Promise<Pixels>) | null;
}

/** The state of a Forge that has not run a job yet. */
export function createProgressState(): ProgressState {
  return {
    skipped: false,
    interrupted: false,
    job: "",
    jobCount: 0,
    jobNo: 0,
    jobTimestamp: "0",
    samplingStep: 0,
    samplingSteps: 0,
    startedAt: 0,
    previewId: 0,
    previewStep: 0,
    preview: null,
    drawPreview: null,
  };
}

/** Clears what Forge clears at the begin of a job. `samplingSteps` stays the last job's. */
export function beginJob(state: ProgressState, job: string, now: number): void {
  Object.assign(state, {
    skipped: false,
    interrupted: false,
    job,
    jobCount: -1,
    jobNo: 0,
    jobTimestamp: formatTimestamp(now),
    samplingStep: 0,
    startedAt: now,
    previewId: 0,
    previewStep: 0,
    preview: null,
    drawPreview: null,
  });
}

/**
 * Draws a new preview when enough steps have passed since the last one. A number counts the
 * previews of all who ask.
 */
export async function refreshPreview(state: ProgressState, everySteps: number): Promise<void> {
  const { drawPreview, samplingStep, previewStep, samplingSteps } = state;
  if (drawPreview === null || samplingStep - previewStep < everySteps) return;
  state.previewStep = samplingStep;
  const preview = await drawPreview(samplingStep / samplingSteps);
  if (state.drawPreview !== drawPreview) return;
  state.preview = preview;
  state.previewId += 1;
}

/** Leaves counters and flags as they are, as Forge does: an idle one shows the last job's. */
export function endJob(state: ProgressState): void {
  state.job = "";
  state.jobCount = 0;
  state.drawPreview = null;
}

/** Counts one batch or one pass as done. */
export function advanceJob(state: ProgressState): void {
  state.jobNo += 1;
  state.samplingStep = 0;
  state.previewStep = 0;
}

/** The share done without any floor, as /internal/progress shows it. */
export function computeShare(state: ProgressState): number {
  if (state.jobCount <= 0) return 0;
  const batches = state.jobNo / state.jobCount;
  const steps =
    state.samplingSteps > 0 ? state.samplingStep / state.samplingSteps / state.jobCount : 0;
  return Math.min(batches + steps, 1);
}

/** The remaining seconds, or null while nothing is done. */
export function computeEta(state: ProgressState, now: number): number | null {
  const share = computeShare(state);
  if (share === 0) return null;
  const elapsed = (now - state.startedAt) / 1000;
  return elapsed / share - elapsed;
}

/** `progress` and `eta_relative` of /sdapi/v1/progress, which begins at 0.01 and may overshoot. */
export function computeGlobalProgress(
  state: ProgressState,
  now: number,
): { progress: number; eta_relative: number } {
  if (state.jobCount === 0) return { progress: 0, eta_relative: 0 };
  const share = 0.01 + computeShare(state);
  const elapsed = (now - state.startedAt) / 1000;
  return { progress: Math.min(share, 1), eta_relative: elapsed / share - elapsed };
}

/** The `state` object of /sdapi/v1/progress. */
export function describeState(state: ProgressState) {
  return {
    skipped: state.skipped,
    interrupted: state.interrupted,
    stopping_generation: false,
    job: state.job,
    job_count: state.jobCount,
    job_timestamp: state.jobTimestamp,
    job_no: state.jobNo,
    sampling_step: state.samplingStep,
    sampling_steps: state.samplingSteps,
  };
}

/** A time as Forge writes job timestamps: 20261123091338. */
function formatTimestamp(now: number): string {
  return new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
}
