import { ResolvedParams } from "@mobilesd/contract";
import { expect, it } from "vitest";
import {
  costOf,
  isNewTiming,
  learn,
  runMs,
  TIMING_UNKNOWN,
  waitMs,
} from "../../src/domain/estimate.ts";
import { exampleParams } from "../support/example-job.ts";

const params = (changes: object = {}) =>
  ResolvedParams.parse({ ...exampleParams(), scheduler: "karras", ...changes });
const timing = {
  msPerMegapixelStep: 100,
  modelLoadMs: 5_000,
  loadMsByCheckpoint: {},
  sampleCount: 3,
};
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
  const settings = { img2img_fix_steps: true };
  expect(costOf(params({ ...size, img2img, settings }))).toBe(10);
});

it("takes the first finished job at its word and moves gently after it", () => {
  const done = {
    checkpointName: "a",
    costMegapixelSteps: 10,
    generationMs: 2_000,
    modelLoadMs: 4_000,
  };
  const first = learn(TIMING_UNKNOWN, done);
  expect(first).toEqual({
    msPerMegapixelStep: 200,
    modelLoadMs: 4_000,
    loadMsByCheckpoint: { a: 4_000 },
    sampleCount: 1,
  });
  const second = learn(first, { ...done, generationMs: 4_000, modelLoadMs: 0 });
  expect(second.msPerMegapixelStep).toBeCloseTo(260);
  expect(second.modelLoadMs).toBe(4_000);
  expect(learn(first, { ...done, costMegapixelSteps: 0 })).toBe(first);
});

it("learns little of the rate from a job so small that it is mostly overhead", () => {
  const tiny = {
    checkpointName: "a",
    costMegapixelSteps: 0.1,
    generationMs: 1_000,
    modelLoadMs: 0,
  };
  const first = learn(TIMING_UNKNOWN, tiny);
  expect(first.msPerMegapixelStep).toBeGreaterThan(TIMING_UNKNOWN.msPerMegapixelStep);
  expect(first.msPerMegapixelStep).toBeLessThan(10 * TIMING_UNKNOWN.msPerMegapixelStep);
  const settled = { ...first, msPerMegapixelStep: 200, sampleCount: 9 };
  expect(learn(settled, tiny).msPerMegapixelStep).toBeLessThan(500);
});

it("knows the load time of each checkpoint, and takes the mean for one that was never loaded", () => {
  const done = { costMegapixelSteps: 10, generationMs: 2_000 };
  const small = learn(TIMING_UNKNOWN, { ...done, checkpointName: "small", modelLoadMs: 2_000 });
  const both = learn(small, { ...done, checkpointName: "large", modelLoadMs: 22_000 });
  expect(both.loadMsByCheckpoint).toEqual({ small: 2_000, large: 22_000 });
  const loadMsOf = (name: string) => runMs(job(name, 0), null, both);
  expect([loadMsOf("small"), loadMsOf("large"), loadMsOf("new")]).toEqual([2_000, 22_000, 8_000]);
});

it.each(["constructor", "__proto__", "toString"])(
  "takes a checkpoint called %s for one of its own, with a time like any other",
  (checkpointName) => {
    expect(runMs(job(checkpointName, 0), null, timing)).toBe(5_000);
    const done = { checkpointName, costMegapixelSteps: 10, generationMs: 1_000 };
    const learned = learn(timing, { ...done, modelLoadMs: 7_000 });
    const kept = JSON.parse(JSON.stringify(learned));
    expect(runMs(job(checkpointName, 0), null, kept)).toBe(7_000);
    expect(isNewTiming(timing, learned)).toBe(true);
  },
);

it("writes what it learned when a load time is news, and not for noise", () => {
  const known = { ...timing, loadMsByCheckpoint: { a: 5_000, b: 9_000 } };
  const after = (loadMsByCheckpoint: Record<string, number>) =>
    isNewTiming(known, { ...known, loadMsByCheckpoint });
  expect(after({ b: 9_000, a: 5_050 })).toBe(false);
  expect(after({ a: 5_000, b: 9_500 })).toBe(true);
  expect(after({ ...known.loadMsByCheckpoint, c: 1 })).toBe(true);
});

it("forgets the load times that were learned longest ago, when there are very many", () => {
  let timing = TIMING_UNKNOWN;
  for (let count = 0; count < 250; count++) {
    const checkpointName = `model ${count % 240}`;
    const done = { checkpointName, costMegapixelSteps: 1, generationMs: 1, modelLoadMs: 1_000 };
    timing = learn(timing, done);
  }
  const names = Object.keys(timing.loadMsByCheckpoint);
  expect(names).toHaveLength(200);
  expect(names).toContain("model 9");
  expect(names).not.toContain("model 10");
});

it("counts the second pass of a hires fix at its own size, with all of its steps", () => {
  const size = { width: 1000, height: 1000, steps: 10 };
  expect(costOf(params({ ...size, hires: { scale: 2 } }))).toBe(10 + 40);
  expect(costOf(params({ ...size, hires: { scale: 2, steps: 5 } }))).toBe(10 + 20);
  const small = { ...size, hires: { scale: 2, steps: 5, denoising_strength: 0.1 } };
  expect(costOf(params({ ...small, batch_size: 2, n_iter: 2 }))).toBe(4 * (10 + 20));
});

it("adds a model load wherever the checkpoint changes", () => {
  expect(waitMs(null, [], timing)).toBe(0);
  expect(waitMs(null, [job("a"), job("a"), job("b")], timing)).toBe(3 * 1_000 + 2 * 5_000);
  expect(waitMs({ checkpointName: "a", restMs: 600 }, [job("a")], timing)).toBe(600 + 1_000);
  expect(waitMs({ checkpointName: "b", restMs: 0 }, [job("a")], timing)).toBe(5_000 + 1_000);
  expect(runMs(job("a"), "a", timing)).toBe(1_000);
  expect(runMs(job("a"), null, timing)).toBe(6_000);
});
