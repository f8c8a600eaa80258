import { describe, expect, it } from "vitest";
import { findMissingName, hostNamesOf } from "../../../src/job/before/host-names.ts";
import { LAB_CATALOGUE, PLAIN, PONY, paramsOf, uploadRef } from "../request/lab-host.ts";

const missing = (more: Record<string, unknown>, checkpoint = PONY) =>
  findMissingName(paramsOf(more), checkpoint, LAB_CATALOGUE);

const unit = (more: Record<string, unknown>) => ({
  ControlNet: { args: [{ image: uploadRef(1), ...more }] },
});

describe("names before anything is sent to Forge", () => {
  it.each([
    ["all of them", {}],
    ["a scheduler by its name", { scheduler: "karras" }],
    ["a LoRA by its file", { positive_prompt: "a <lora:lab_lora:0.8> b" }],
    ["a LoRA by its alias, with two weights", { positive_prompt: "<lora:lab lora:1:0.5>" }],
    ["a LoRA by its file whose alias another one has too", { positive_prompt: "<lora:second:1>" }],
    ["a module without its ending, as an infotext has it", { modules: ["clip_l"] }],
    ["a hash of the refiner", { refiner: { checkpoint_name: "c0ffee00c0", switch_at: 0.5 } }],
    ["an image upscaler for hires fix", { hires: { upscaler: "R-ESRGAN 4x+" } }],
    ["a latent mode for hires fix", { hires: { upscaler: "Latent (nearest)" } }],
    [
      "a script's title in Forge's own spelling",
      { alwayson_scripts: { "StyleAlign Integrated": { args: [] } } },
    ],
    [
      "a preprocessor that needs no model",
      { alwayson_scripts: unit({ module: "reference_only" }) },
    ],
    [
      "what a unit that is off names",
      { alwayson_scripts: unit({ enabled: false, model: "gone" }) },
    ],
    ["the word embedding", { positive_prompt: "word embedding: a chart, embeddings" }],
  ])("are fine with %s", (_, more) => {
    expect(missing(more)).toBeNull();
  });

  it.each([
    ["sampler_name", { sampler_name: "Euler A" }],
    ["scheduler", { scheduler: "Karas" }],
    ["styles", { styles: ["lab style one", "gone"] }],
    ["modules", { modules: ["ae.safetensors", "gone"] }],
    ["modules", { modules: ["lab_vae"] }],
    ["positive_prompt", { positive_prompt: "<lora:lab_lora:1> <lora:gone:1>" }],
    ["positive_prompt", { positive_prompt: "<lora:Lab_lora:1>" }],
    ["positive_prompt", { positive_prompt: "<lora:shared:1>" }],
    ["refiner.checkpoint_name", { refiner: { checkpoint_name: "gone", switch_at: 0.5 } }],
    ["hires.upscaler", { hires: { upscaler: "latent" } }],
    ["hires.checkpoint_name", { hires: { checkpoint_name: "Plain_sd15" } }],
    ["hires.modules", { hires: { modules: ["gone"] } }],
    ["hires.sampler_name", { hires: { sampler_name: "Use same sampler" } }],
    ["hires.scheduler", { hires: { scheduler: "Use same scheduler" } }],
    ["hires.prompt", { hires: { prompt: "<lora:gone:1>" } }],
    ["script.name", { script: { name: "Loopback", args: [] } }],
    ["script.name", { script: { name: "gone", args: [] } }],
    ["alwayson_scripts.ADetailer", { alwayson_scripts: { ADetailer: { args: [] } } }],
    ["alwayson_scripts.Soft Inpainting", { alwayson_scripts: { "Soft Inpainting": { args: [] } } }],
    ["alwayson_scripts.Prompt matrix", { alwayson_scripts: { "Prompt matrix": { args: [] } } }],
    ["alwayson_scripts.ControlNet.args.0.model", { alwayson_scripts: unit({ model: "canny" }) }],
    [
      "alwayson_scripts.ControlNet.args.0.module",
      { alwayson_scripts: unit({ model: "control_canny [de300001]", module: "Canny" }) },
    ],
  ])("that Forge would drop in silence fail the job by its field %s: %j", (field, more) => {
    expect(missing(more)).toMatchObject({ kind: "user", reason: "missing_name", field });
  });

  it("name the checkpoint that is not there", () => {
    const found = missing({}, "Pony/gone.safetensors");
    expect(found).toMatchObject({ reason: "missing_name", field: "checkpoint_name" });
  });

  it.each([
    ["refiner.checkpoint_name", { refiner: { checkpoint_name: "twin", switch_at: 0.5 } }],
    ["hires.checkpoint_name", { hires: { checkpoint_name: "twin" } }],
  ])("must mean one file: %s asks which of two it is", (field, more) => {
    const found = missing(more);
    expect(found).toMatchObject({ kind: "user", reason: "invalid_job", field });
    expect(found?.message).toContain("a/twin.safetensors or b/twin.safetensors");
  });

  it("of a script that is there for the other kind of job say so", () => {
    const message = missing({ script: { name: "Loopback", args: [] } })?.message;
    expect(message).toContain("does not work with txt2img");
  });

  it("tell the owner of the box how a script gets allowed", () => {
    const found = missing({ script: { name: "Gone", args: [] } });
    expect(found?.owner_message).toContain('add "gone" to the agent\'s allowed_scripts');
  });

  it.each([
    ["Euler A", { sampler_name: "Euler A" }, '"Euler a"'],
    ["a part of it", { styles: ["style two"] }, '"lab style two"'],
    ["its file's ending", { positive_prompt: "<lora:lab_lora.safetensors:1>" }, '"lab_lora"'],
    ["another folder", { hires: { checkpoint_name: "XL/plain_SD15.ckpt" } }, '"plain_sd15"'],
  ])("are told what may have been meant by %s", (_, more, near) => {
    expect(missing(more)?.message).toContain(`; it has ${near}`);
  });

  it.each([
    ["positive_prompt", { positive_prompt: "a, (embedding:lab_embed:1.2)" }],
    ["negative_prompt", { negative_prompt: "Embedding:lab_embed" }],
    ["hires.prompt", { hires: { prompt: "embedding:lab_embed" } }],
    ["hires.negative_prompt", { hires: { negative_prompt: "embedding:lab_embed" } }],
  ])("of embeddings in another program's spelling are refused in %s", (field, more) => {
    const found = missing(more);
    expect(found).toMatchObject({ kind: "user", reason: "invalid_job", field });
    expect(found?.message).toContain('write the bare name of the embedding, "lab_embed"');
  });
});

describe("names of a job on a host", () => {
  it("are the host's own, in whichever form they were written", () => {
    const params = paramsOf({
      modules: ["ae", "lab_vae.ckpt"],
      refiner: { checkpoint_name: "plain_sd15", switch_at: 0.5 },
      hires: { checkpoint_name: "Pony_cyberrealisticPony_v8", modules: [], scheduler: "automatic" },
    });
    expect(hostNamesOf(params, PONY, LAB_CATALOGUE)).toEqual({
      checkpoints: { main: PONY, refiner: PLAIN, hires: PONY },
      schedulers: { main: "Karras", hires: "Automatic" },
      modules: { main: ["ae.safetensors", "lab_vae.ckpt"], hires: [] },
    });
  });

  it("stay open where the job leaves them to the host", () => {
    expect(hostNamesOf(paramsOf(), PONY, LAB_CATALOGUE)).toEqual({
      checkpoints: { main: PONY, refiner: null, hires: null },
      schedulers: { main: "Karras", hires: null },
      modules: { main: null, hires: null },
    });
  });
});
