import { ResolvedParams } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { factsOf, megapixelStepsOf } from "../../src/pipeline/job-facts.ts";

const params = (more: object) =>
  ResolvedParams.parse({
    positive_prompt: "a red cube",
    checkpoint_name: "mine",
    sampler_name: "Euler a",
    scheduler: "karras",
    width: 1000,
    height: 1000,
    steps: 20,
    ...more,
  });

it("what a job has to draw counts every pass of every picture", () => {
  expect(megapixelStepsOf(params({}))).toBe(20);
  expect(megapixelStepsOf(params({ batch_size: 2, n_iter: 3 }))).toBe(120);
});

it("a job is called by what it is, without a word of its prompt and without a path", () => {
  const lease = {
    mobilesd_job_id: "job",
    epoch: 1,
    lease_token: "t",
    lease_ttl_ms: 1,
    attempt_count: 0,
    generation_params: params({ n_iter: 2 }),
    checkpoint_name: "Pony\\cyber.v8.safetensors",
  };
  expect(factsOf(lease)).toEqual({
    jobId: "job",
    label: "2 of 1000×1000, 20 steps, cyber.v8",
    megapixelSteps: 40,
  });
});
