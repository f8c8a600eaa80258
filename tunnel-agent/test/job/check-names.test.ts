import { type Catalogue, ResolvedParams } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { findMissingName } from "../../src/job/check-names.ts";

const CATALOGUE: Catalogue = {
  checkpoints: [{ name: "Pony/a.safetensors", basename: "a", hash: null, sha256: null }],
  samplers: ["Euler a"],
  schedulers: [{ name: "karras", label: "Karras" }],
  modules: [],
  loras: [{ name: "lab_lora", alias: "lab lora" }],
  embeddings: [],
  upscalers: [],
  latent_upscale_modes: [],
  styles: ["lab style one"],
  controlnet_models: [],
  controlnet_modules: [],
  scripts: [],
};

function missing(more: Record<string, unknown>, checkpoint = "Pony/a.safetensors") {
  const base = { positive_prompt: "x", checkpoint_name: "a", steps: 4, scheduler: "Karras" };
  return findMissingName(ResolvedParams.parse({ ...base, ...more }), checkpoint, CATALOGUE);
}

describe("names before anything is sent to Forge", () => {
  it.each([
    ["all of them", {}],
    ["a scheduler by its name", { scheduler: "karras" }],
    ["a LoRA by its file", { positive_prompt: "a <lora:lab_lora:0.8> b" }],
    ["a LoRA by its alias, with two weights", { positive_prompt: "<lora:lab lora:1:0.5>" }],
  ])("are fine with %s", (_, more) => {
    expect(missing(more)).toBeNull();
  });

  it.each([
    ["sampler_name", { sampler_name: "Euler A" }],
    ["scheduler", { scheduler: "Karas" }],
    ["styles", { styles: ["lab style one", "gone"] }],
    ["positive_prompt", { positive_prompt: "<lora:lab_lora:1> <lora:gone:1>" }],
  ])("that Forge would drop in silence fail the job by its field %s", (field, more) => {
    expect(missing(more)).toMatchObject({ kind: "user", reason: "missing_name", field });
  });

  it("name the checkpoint that is not there", () => {
    expect(missing({}, "Pony/gone.safetensors")).toMatchObject({ field: "checkpoint_name" });
  });
});
