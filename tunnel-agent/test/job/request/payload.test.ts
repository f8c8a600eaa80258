import type { ResolvedParams } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { hostNamesOf } from "../../../src/job/before/host-names.ts";
import { hostScriptsOf } from "../../../src/job/before/script-args.ts";
import { buildRequest, type RunFacts } from "../../../src/job/request/payload.ts";
import { Picture } from "../../../src/picture.ts";
import { LAB_HOST, PLAIN, PONY, paramsOf, uploadRef } from "./lab-host.ts";

const PICTURES = new Map(
  [1, 2, 3].map((n) => [uploadRef(n).upload_id, new Picture(Buffer.from([n]))]),
);
const [INIT, MASK, CONTROL] = [...PICTURES.values()];

function factsOf(params: ResolvedParams, more: Partial<RunFacts> = {}): RunFacts {
  const scripts = hostScriptsOf(params, LAB_HOST.catalogue, PICTURES);
  if ("reason" in scripts) throw new Error(scripts.message);
  const names = hostNamesOf(params, PONY, LAB_HOST.catalogue);
  const prepared = { ...names, scripts, pictures: PICTURES, inputSize: null, warnings: [] };
  const { own } = LAB_HOST.options;
  return { taskId: "task(mobilesd-1)", prepared, own, keepsOverrides: false, ...more };
}

function bodyOf(more: Record<string, unknown> = {}) {
  const params = paramsOf(more);
  return buildRequest(params, factsOf(params)).body;
}

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
    const { path, body } = buildRequest(params, factsOf(params));
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

  it("names the scheduler by its label, as Forge shows it", () => {
    expect(bodyOf({ scheduler: "karras" })).toHaveProperty("scheduler", "Karras");
  });

  it("names the refiner by the host's own name, and when it takes over", () => {
    const refiner = { checkpoint_name: "plain_sd15", switch_at: 0.8 };
    expect(bodyOf({ refiner })).toMatchObject({
      refiner_checkpoint: PLAIN,
      refiner_switch_at: 0.8,
    });
  });
});

describe("what a body overrides", () => {
  it("are given back by Forge, unless what a job selects may stay selected", () => {
    const params = paramsOf();
    const restores = (keepsOverrides: boolean) =>
      buildRequest(params, factsOf(params, { keepsOverrides })).body
        .override_settings_restore_afterwards;
    expect(restores(false)).toBe(true);
    expect(restores(true)).toBe(false);
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
    ["its scheduler, by its label", { scheduler: "automatic" }, { hr_scheduler: "Automatic" }],
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
    const { path, body } = buildRequest(params, factsOf(params));
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
