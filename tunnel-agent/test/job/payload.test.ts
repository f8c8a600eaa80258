import { type ResolvedParams, SETTING_NAMES } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { Host } from "../../src/forge/host.ts";
import { hostNamesOf } from "../../src/job/host-names.ts";
import { buildRequest, OVERRIDE_KEYS, type RunFacts } from "../../src/job/payload.ts";
import { Picture } from "../../src/job/picture.ts";
import { hostScriptsOf } from "../../src/job/script-args.ts";
import { hostWith, LAB_HOST, PLAIN, PONY, paramsOf, uploadRef } from "./lab-host.ts";

const PICTURES = new Map(
  [1, 2, 3].map((n) => [uploadRef(n).upload_id, new Picture(Buffer.from([n]))]),
);
const [INIT, MASK, CONTROL] = [...PICTURES.values()];

function factsOf(params: ResolvedParams, host: Host, more: Partial<RunFacts> = {}): RunFacts {
  const scripts = hostScriptsOf(params, host.catalogue, PICTURES);
  if ("reason" in scripts) throw new Error(scripts.message);
  const names = hostNamesOf(params, PONY, host.catalogue);
  const prepared = { ...names, scripts, pictures: PICTURES, inputSize: null, warnings: [] };
  const { own } = host.options;
  return { taskId: "task(mobilesd-1)", prepared, own, keepsOverrides: false, ...more };
}

function bodyOf(more: Record<string, unknown> = {}, host = LAB_HOST) {
  const params = paramsOf(more);
  return buildRequest(params, factsOf(params, host)).body;
}

const overridesOf = (more: Record<string, unknown> = {}, host = LAB_HOST) =>
  bodyOf(more, host).override_settings as Record<string, unknown>;

const CORE = [
  ...["prompt", "negative_prompt", "styles", "seed", "subseed", "subseed_strength"],
  ...["seed_resize_from_w", "seed_resize_from_h", "sampler_name", "scheduler", "batch_size"],
  ...["n_iter", "steps", "cfg_scale", "distilled_cfg_scale", "width", "height", "restore_faces"],
  ...["tiling", "override_settings", "override_settings_restore_afterwards", "force_task_id"],
  ...["send_images", "save_images", "alwayson_scripts"],
];

describe("the body for Forge", () => {
  it("holds every core field with an explicit value, so that no default of the API decides", () => {
    const params = paramsOf();
    const { path, body } = buildRequest(params, factsOf(params, LAB_HOST));
    expect(path).toBe("/sdapi/v1/txt2img");
    expect(Object.keys(body).sort()).toEqual([...CORE].sort());
    expect(Object.values(body)).not.toContain(undefined);
    expect(body).toMatchObject({
      force_task_id: "task(mobilesd-1)",
      send_images: true,
      save_images: false,
    });
  });

  it.each([
    ["positive_prompt", "a <lora:x:1> cube", "prompt"],
    ["negative_prompt", "ugly", "negative_prompt"],
    ["seed", 4_294_967_295, "seed"],
    ["subseed", 7, "subseed"],
    ["subseed_strength", 0.5, "subseed_strength"],
    ["seed_resize_from_w", 512, "seed_resize_from_w"],
    ["seed_resize_from_h", 512, "seed_resize_from_h"],
    ["sampler_name", "DPM++ 2M", "sampler_name"],
    ["scheduler", "Automatic", "scheduler"],
    ["batch_size", 4, "batch_size"],
    ["n_iter", 3, "n_iter"],
    ["steps", 31, "steps"],
    ["cfg_scale", 4.5, "cfg_scale"],
    ["distilled_cfg_scale", 2, "distilled_cfg_scale"],
    ["width", 768, "width"],
    ["height", 1024, "height"],
    ["restore_faces", true, "restore_faces"],
    ["tiling", true, "tiling"],
    ["styles", ["lab style one"], "styles"],
    ["eta", 0.3, "eta"],
    ["s_churn", 1, "s_churn"],
    ["s_tmin", 0.1, "s_tmin"],
    ["s_tmax", 9, "s_tmax"],
    ["s_noise", 1.05, "s_noise"],
    ["s_min_uncond", 0.2, "s_min_uncond"],
  ])("carries %s as it was asked", (field, value, key) => {
    expect(bodyOf({ [field]: value })[key]).toEqual(value);
  });

  it("names the refiner by the host's own name, and when it takes over", () => {
    const refiner = { checkpoint_name: "plain_sd15", switch_at: 0.8 };
    expect(bodyOf({ refiner })).toMatchObject({
      refiner_checkpoint: PLAIN,
      refiner_switch_at: 0.8,
    });
  });
});

describe("a second pass", () => {
  const hires = (more: Record<string, unknown>) =>
    bodyOf({ cfg_scale: 5, distilled_cfg_scale: 3, width: 512, height: 768, hires: more });

  it("names everything that Forge would guess wrong or fail without", () => {
    const { override_settings, ...body } = hires({});
    const fields = Object.keys(body).filter((key) => !CORE.includes(key));
    expect(Object.fromEntries(fields.map((key) => [key, body[key]]))).toEqual({
      enable_hr: true,
      hr_scale: 2,
      hr_upscaler: "Latent",
      hr_second_pass_steps: 0,
      denoising_strength: 0.7,
      hr_cfg: 5,
      hr_distilled_cfg: 3,
      hr_additional_modules: ["Use same choices"],
      hr_checkpoint_name: null,
      hr_sampler_name: null,
      hr_scheduler: null,
      hr_prompt: "",
      hr_negative_prompt: "",
    });
  });

  it.each([
    ["its scale", { scale: 1.5 }, { hr_scale: 1.5 }],
    ["both its sides", { width: 1000, height: 1000 }, { hr_resize_x: 1000, hr_resize_y: 1000 }],
    [
      "its width, the height by its shape",
      { width: 1000 },
      { hr_resize_x: 1000, hr_resize_y: 1496 },
    ],
    [
      "its height, the width by its shape",
      { height: 1000 },
      { hr_resize_x: 664, hr_resize_y: 1000 },
    ],
    ["its upscaler", { upscaler: "R-ESRGAN 4x+" }, { hr_upscaler: "R-ESRGAN 4x+" }],
    ["its steps", { steps: 7 }, { hr_second_pass_steps: 7 }],
    ["its denoising", { denoising_strength: 0.3 }, { denoising_strength: 0.3 }],
    ["its CFG scale", { cfg_scale: 1 }, { hr_cfg: 1 }],
    ["its distilled CFG scale", { distilled_cfg_scale: 0 }, { hr_distilled_cfg: 0 }],
    ["its modules", { modules: ["ae"] }, { hr_additional_modules: ["ae.safetensors"] }],
    ["the modules in the checkpoint", { modules: [] }, { hr_additional_modules: ["Built-in"] }],
    ["its checkpoint", { checkpoint_name: "plain_sd15" }, { hr_checkpoint_name: PLAIN }],
    ["its sampler", { sampler_name: "Euler" }, { hr_sampler_name: "Euler" }],
    ["its scheduler", { scheduler: "karras" }, { hr_scheduler: "karras" }],
    ["its prompt", { prompt: "more" }, { hr_prompt: "more" }],
    ["its negative prompt", { negative_prompt: "less" }, { hr_negative_prompt: "less" }],
  ])("takes %s from the job", (_, more, expected) => {
    expect(hires(more)).toMatchObject(expected);
  });

  it("is told either a scale or sides, never both", () => {
    expect(hires({ width: 1000 })).not.toHaveProperty("hr_scale");
    expect(hires({ scale: 2 })).not.toHaveProperty("hr_resize_x");
  });
});

describe("an img2img body", () => {
  const img2img = { init_image: uploadRef(1), denoising_strength: 0.4, resize_mode: 1 };

  it("has its picture, and nothing of a mask where there is none", () => {
    const params = paramsOf({ img2img });
    const { path, body } = buildRequest(params, factsOf(params, LAB_HOST));
    expect(path).toBe("/sdapi/v1/img2img");
    expect(
      Object.keys(body)
        .filter((key) => !CORE.includes(key))
        .sort(),
    ).toEqual(["denoising_strength", "include_init_images", "init_images", "resize_mode"]);
    expect(body).toMatchObject({
      denoising_strength: 0.4,
      resize_mode: 1,
      include_init_images: false,
    });
    expect((body.init_images as unknown[])[0]).toBe(INIT);
  });

  it("names every inpainting field with a mask: Forge's own defaults are not those of its page", () => {
    const body = bodyOf({ img2img: { ...img2img, mask: uploadRef(2) } });
    expect(body).toMatchObject({
      mask_blur: 4,
      inpainting_fill: 1,
      inpaint_full_res: false,
      inpaint_full_res_padding: 32,
      inpainting_mask_invert: 0,
    });
    expect(body.mask).toBe(MASK);
  });

  it.each([
    ["mask_blur", 0],
    ["inpainting_fill", 3],
    ["inpaint_full_res", true],
    ["inpaint_full_res_padding", 0],
    ["inpainting_mask_invert", 1],
    ["image_cfg_scale", 1.5],
    ["initial_noise_multiplier", 0.9],
  ])("carries %s as it was asked", (field, value) => {
    const body = bodyOf({ img2img: { ...img2img, mask: uploadRef(2), [field]: value } });
    expect(body[field]).toBe(value);
  });
});

describe("scripts in a body", () => {
  it("are called as Forge's own list calls them, with their pictures in place", () => {
    const scripts = { ControlNet: { args: [{ model: "None", image: uploadRef(3) }] } };
    const script = { name: "Prompt Matrix", args: [true, false, "positive", "comma", 0] };
    const body = bodyOf({ alwayson_scripts: scripts, script });
    expect(body).toMatchObject({
      script_name: "prompt matrix",
      script_args: [true, false, "positive", "comma", 0],
    });
    const alwaysOn = body.alwayson_scripts as { controlnet: { args: { image: unknown }[] } };
    expect(Object.keys(alwaysOn)).toEqual(["controlnet"]);
    expect(alwaysOn.controlnet.args[0]?.image).toBe(CONTROL);
  });
});

describe("what a body overrides", () => {
  it("are always the same options, with the owner's values where the job has none", () => {
    const plain = overridesOf();
    const all = overridesOf({ modules: [], settings: { emphasis: "None" }, s_churn: 1 });
    expect(Object.keys(plain).sort()).toEqual([...OVERRIDE_KEYS].sort());
    expect(Object.keys(all)).toEqual(Object.keys(plain));
    expect(plain).toEqual({
      ...LAB_HOST.options.own,
      sd_model_checkpoint: PONY,
      CLIP_stop_at_last_layers: 1,
    });
  });

  it.each([
    ["the checkpoint by the host's own name", {}, { sd_model_checkpoint: PONY }],
    ["clip skip", { clip_skip: 2 }, { CLIP_stop_at_last_layers: 2 }],
    ["modules", { modules: ["clip_l"] }, { forge_additional_modules: ["clip_l.safetensors"] }],
    ["the modules in the checkpoint", { modules: [] }, { forge_additional_modules: [] }],
    ["the host's modules", {}, { forge_additional_modules: ["ae.safetensors"] }],
    ["a setting", { settings: { eta_noise_seed_delta: 31337 } }, { eta_noise_seed_delta: 31337 }],
    ["a setting that is off", { settings: { overlay_inpaint: false } }, { overlay_inpaint: false }],
    // Forge's samplers look at the options alone.
    ["a sampler's number", { s_noise: 0 }, { s_noise: 0 }],
  ])("hold %s", (_, more, expected) => {
    const host = hostWith({ forge_additional_modules: ["ae.safetensors"], s_noise: 1.1 });
    expect(overridesOf(more, host)).toMatchObject(expected);
  });

  it("never holds the owner's clip skip: a job always has its own", () => {
    const host = hostWith({ CLIP_stop_at_last_layers: 2 });
    expect(overridesOf({}, host)).toHaveProperty("CLIP_stop_at_last_layers", 1);
  });

  it("keeps masks out of the answer and width and height those of the first pass", () => {
    const host = hostWith({
      return_mask: true,
      return_mask_composite: true,
      use_old_hires_fix_width_height: true,
    });
    expect(overridesOf({}, host)).toMatchObject({
      return_mask: false,
      return_mask_composite: false,
      use_old_hires_fix_width_height: false,
    });
  });

  it("are given back by Forge, unless what a job selects may stay selected", () => {
    const params = paramsOf();
    const restores = (keepsOverrides: boolean) =>
      buildRequest(params, factsOf(params, LAB_HOST, { keepsOverrides })).body
        .override_settings_restore_afterwards;
    expect(restores(false)).toBe(true);
    expect(restores(true)).toBe(false);
  });

  it("leave out what this Forge does not have: to name it fails", () => {
    const { beta_dist_alpha, s_churn, return_mask, ...own } = LAB_HOST.options.own;
    const host = { ...LAB_HOST, options: { ...LAB_HOST.options, own } };
    const keys = Object.keys(overridesOf({}, host));
    expect(keys).toHaveLength(OVERRIDE_KEYS.length - 3);
    expect(keys).not.toContain("beta_dist_alpha");
  });

  it("are what the job decides where Forge does not tell its options", () => {
    const host = { ...LAB_HOST, options: { ...LAB_HOST.options, own: {} } };
    expect(overridesOf({ settings: { emphasis: "None" } }, host)).toEqual({
      sd_model_checkpoint: PONY,
      CLIP_stop_at_last_layers: 1,
      emphasis: "None",
      return_mask: false,
      return_mask_composite: false,
      use_old_hires_fix_width_height: false,
    });
  });

  it("leave img2img the token merging of its own that its owner set", () => {
    const host = hostWith({ token_merging_ratio: 0.2, token_merging_ratio_img2img: 0.5 });
    const img2img = { init_image: uploadRef(1) };
    const general = (more: Record<string, unknown>) => overridesOf(more, host).token_merging_ratio;
    expect(general({})).toBe(0.2);
    // Once overridden, the general ratio would win over img2img's, unless it is 0.
    expect(general({ img2img })).toBe(0);
    expect(general({ img2img, settings: { token_merging_ratio: 0.3 } })).toBe(0.3);
    expect(general({ img2img, settings: { token_merging_ratio_img2img: 0 } })).toBe(0.2);
  });

  it("know every setting that a job may have", () => {
    for (const name of SETTING_NAMES) expect(OVERRIDE_KEYS).toContain(name);
  });

  it.each(["samples_format", "jpeg_quality", "webp_lossless", "sd_vae", "outdir_samples"])(
    "never hold %s",
    (name) => {
      expect(OVERRIDE_KEYS).not.toContain(name);
    },
  );
});
