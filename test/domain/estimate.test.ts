import { ResolvedParams } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { costOf, learn, runMs, TIMING_UNKNOWN, waitMs } from "../../src/domain/estimate.ts";
import { exampleParams } from "../support/example-job.ts";

const params = (changes: object = {}) =>
  ResolvedParams.parse({ ...exampleParams(), scheduler: "karras", ...changes });
const timing = { msPerMegapixelStep: 100, modelLoadMs: 5_000, sampleCount: 3 };
const job = (checkpointName: string, costMegapixelSteps = 10) => ({
  checkpointName,
  costMegapixelSteps,
});

it("counts the work of a job in megapixel-steps, over all its pictures", () => {
  expect(costOf(params({ width: 1000, height: 1000, steps: 10 }))).toBe(10);
  expect(costOf(params({ width: 1000, height: 1000, steps: 10, batch_size: 2, n_iter: 3 }))).toBe(
    60,
  );
});

it("counts only the steps that img2img runs, and at least one", () => {
  const img2img = { init_image: { upload_id: `upl_${"a".repeat(22)}` }, denoising_strength: 0.5 };
  const size = { width: 1000, height: 1000, steps: 10 };
  expect(costOf(params({ ...size, img2img }))).toBe(5);
  expect(costOf(params({ ...size, img2img: { ...img2img, denoising_strength: 0 } }))).toBe(1);
});

it("takes the first finished job at its word and moves gently after it", () => {
  const done = { costMegapixelSteps: 10, generationMs: 2_000, modelLoadMs: 4_000 };
  const first = learn(TIMING_UNKNOWN, done);
  expect(first).toEqual({ msPerMegapixelStep: 200, modelLoadMs: 4_000, sampleCount: 1 });
  const second = learn(first, { ...done, generationMs: 4_000, modelLoadMs: 0 });
  expect(second.msPerMegapixelStep).toBeCloseTo(260);
  expect(second.modelLoadMs).toBe(4_000);
  expect(learn(first, { ...done, costMegapixelSteps: 0 })).toBe(first);
});

it("learns little of the rate from a job so small that it is mostly overhead", () => {
  const tiny = { costMegapixelSteps: 0.1, generationMs: 1_000, modelLoadMs: 0 };
  const first = learn(TIMING_UNKNOWN, tiny).msPerMegapixelStep;
  expect(first).toBeGreaterThan(TIMING_UNKNOWN.msPerMegapixelStep);
  expect(first).toBeLessThan(10 * TIMING_UNKNOWN.msPerMegapixelStep);
  const settled = { msPerMegapixelStep: 200, modelLoadMs: 4_000, sampleCount: 9 };
  expect(learn(settled, tiny).msPerMegapixelStep).toBeLessThan(500);
});

it("adds a model load wherever the checkpoint changes", () => {
  expect(waitMs(null, [], timing)).toBe(0);
  expect(waitMs(null, [job("a"), job("a"), job("b")], timing)).toBe(3 * 1_000 + 2 * 5_000);
  expect(waitMs({ ...job("a"), elapsedMs: 400 }, [job("a")], timing)).toBe(600 + 1_000);
  expect(waitMs({ ...job("a"), elapsedMs: 9_999_999 }, [], timing)).toBe(0);
  expect(runMs(job("a"), "a", timing)).toBe(1_000);
  expect(runMs(job("a"), null, timing)).toBe(6_000);
});
