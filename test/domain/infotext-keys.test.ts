import { GenerationParams } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { parseInfotext } from "../../src/domain/infotext.ts";

const line = (parameters: string) => `a cat\nSteps: 1, Seed: 2, Model: m, ${parameters}`;

function read(text: string) {
  const parsed = parseInfotext(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

describe("a model that an infotext names", () => {
  it("is that very file where the text has its hash, and not another of the same name", () => {
    const both = "a\nSteps: 1, Seed: 2, Model hash: 02dcc7a1b0, Model: pony";
    expect(read(both).checkpoint_name).toBe("pony [02dcc7a1b0]");
    expect(read("a\nSteps: 1, Seed: 2, Model hash: 02dcc7a1b0")).toMatchObject({
      checkpoint_name: "02dcc7a1b0",
    });
    const old = "a\nSteps: 1, Seed: 2, Model hash: 81761151, Model: v1-5-pruned";
    expect(read(old).checkpoint_name).toBe("v1-5-pruned");
  });

  it("may bring a VAE and text encoders, in their order and without their ending", () => {
    const text = line("Module 2: clip_l, Module 10: t5xxl_fp16, Module 1: ae");
    expect(read(text).modules).toEqual(["ae", "clip_l", "t5xxl_fp16"]);
    expect(read(line("VAE: kl-f8.safetensors, VAE hash: 735e4c3a44")).modules).toEqual([
      "kl-f8.safetensors",
    ]);
    expect(read(line("Version: f2")).modules).toBeUndefined();
  });
});

describe("a hires fix that an infotext tells of", () => {
  const hires = (more: string) =>
    read(line(`Denoising strength: 0.4, Hires upscale: 1.5, ${more}`)).hires;

  it.each([
    ["Hires Module 1: Use same choices", {}],
    ["Hires Module 1: Built-in", { modules: [] }],
    ["Hires Module 1: ae, Hires Module 2: clip_l", { modules: ["ae", "clip_l"] }],
    ["Hires sampler: DPM++ 2M, Hires schedule type: SGM Uniform", { scheduler: "SGM Uniform" }],
    ["Hires sampler: DPM++ 2M Karras", { sampler_name: "DPM++ 2M", scheduler: "Karras" }],
    ['Hires prompt: "a dog, sharp", Hires negative prompt: fog', { prompt: "a dog, sharp" }],
    ["Hires checkpoint: b [0123456789]", { checkpoint_name: "b [0123456789]" }],
    ["Hires Distilled CFG Scale: 3.5", { distilled_cfg_scale: 3.5 }],
  ])("is read with %s", (text, expected) => {
    expect(hires(text)).toMatchObject({ scale: 1.5, denoising_strength: 0.4, ...expected });
  });

  it("may give one side, which keeps the shape", () => {
    const at = (resize: string) =>
      read(line(`Denoising strength: 0.4, Hires resize: ${resize}`)).hires;
    expect(at("768x0")).toEqual({ denoising_strength: 0.4, width: 768 });
    expect(at("0x768")).toEqual({ denoising_strength: 0.4, height: 768 });
  });

  it("says which pass the refiner is for", () => {
    const text = "Denoising strength: 0.4, Hires upscale: 2, Hires refiner: both passes";
    expect(read(line(text)).settings).toEqual({ hires_fix_refiner_pass: "both passes" });
  });
});

describe("a setting that an infotext tells of", () => {
  it.each([
    ["ENSD: 31337", { eta_noise_seed_delta: 31337 }],
    ["RNG: NV", { randn_source: "NV" }],
    ["Emphasis: No norm", { emphasis: "No norm" }],
    ["Noise Schedule: Zero Terminal SNR", { sd_noise_schedule: "Zero Terminal SNR" }],
    ["Token merging ratio: 0.5", { token_merging_ratio: 0.5 }],
    [
      "Diffusion in Low Bits: bnb-nf4 (fp16 LoRA)",
      { forge_unet_storage_dtype: "bnb-nf4 (fp16 LoRA)" },
    ],
    ["VAE Encoder: TAESD, VAE Decoder: TAESD", { sd_vae_decode_method: "TAESD" }],
    ["Pad conds: True, Pad conds v0: False", { pad_cond_uncond: true, pad_cond_uncond_v0: false }],
    ["UniPC variant: bh2, UniPC order: 2", { uni_pc_variant: "bh2", uni_pc_order: 2 }],
    [
      "UniPC skip type: logSNR, UniPC lower order final: False",
      { uni_pc_lower_order_final: false },
    ],
    [
      "Beta schedule alpha: 0.7, Beta scheduler beta: 0.8",
      { beta_dist_alpha: 0.7, beta_dist_beta: 0.8 },
    ],
    ["Refiner switch by sampling steps: True", { refiner_switch_by_sample_steps: true }],
  ])("is a setting of the job: %s", (text, expected) => {
    const params = read(line(text));
    expect(params.settings).toMatchObject(expected);
    expect(GenerationParams.safeParse(params).success).toBe(true);
  });

  it("brings the model that restored the faces with it", () => {
    expect(read(line("Face restoration: GFPGAN"))).toMatchObject({
      restore_faces: true,
      settings: { face_restoration_model: "GFPGAN" },
    });
  });

  it("must be one that Forge has", () => {
    const params = read(line("RNG: dice"));
    expect(GenerationParams.safeParse(params).error?.issues[0]?.path).toEqual([
      "settings",
      "randn_source",
    ]);
  });
});
