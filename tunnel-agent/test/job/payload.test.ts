import { GenerationParams, ResolvedParams } from "@mobilesd/contract";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRequest, type RunFacts } from "../../src/job/payload.ts";

const RUN: RunFacts = {
  taskId: "task(mobilesd-1)",
  checkpointName: "Pony/cyberrealisticPony_v8.safetensors",
  initImage: null,
  mask: null,
};
const UPLOAD = { upload_id: "upl_0123456789012345678901" };

function params(more: Record<string, unknown> = {}): ResolvedParams {
  const checkpoint_name = "cyberrealisticPony_v8";
  const base = { positive_prompt: "a red cube", checkpoint_name, steps: 20, scheduler: "Karras" };
  return ResolvedParams.parse({ ...base, ...more });
}

/** Every key that may stand in a body to Forge; none else ever does. */
const CORE = [
  ...["prompt", "negative_prompt", "styles", "seed", "subseed", "subseed_strength"],
  ...["seed_resize_from_w", "seed_resize_from_h", "sampler_name", "scheduler", "batch_size"],
  ...["n_iter", "steps", "cfg_scale", "distilled_cfg_scale", "width", "height", "restore_faces"],
  ...["tiling", "override_settings", "override_settings_restore_afterwards", "force_task_id"],
  ...["send_images", "save_images", "alwayson_scripts"],
];
const SAMPLING = ["eta", "s_churn", "s_tmin", "s_tmax", "s_noise", "s_min_uncond"];
const IMG2IMG = [
  ...["init_images", "denoising_strength", "resize_mode", "include_init_images", "mask"],
  ...["mask_blur", "inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding"],
  ...["inpainting_mask_invert", "image_cfg_scale", "initial_noise_multiplier"],
];
const ALLOWED = new Set([...CORE, ...SAMPLING, ...IMG2IMG]);

describe("the body for Forge", () => {
  it("holds every core field with an explicit value, so that no default of the API decides", () => {
    const { path, body } = buildRequest(params(), RUN);
    expect(path).toBe("/sdapi/v1/txt2img");
    expect(Object.keys(body).sort()).toEqual([...CORE].sort());
    expect(Object.values(body)).not.toContain(undefined);
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
    expect(buildRequest(params({ [field]: value }), RUN).body[key]).toEqual(value);
  });

  it("always overrides the same options, so that none of the last job's is left in force", () => {
    const overrides = (more: Record<string, unknown>) =>
      buildRequest(params(more), RUN).body.override_settings;
    expect(overrides({ clip_skip: 2 })).toEqual({
      sd_model_checkpoint: RUN.checkpointName,
      CLIP_stop_at_last_layers: 2,
      return_mask: false,
      return_mask_composite: false,
    });
    expect(overrides({})).toHaveProperty("CLIP_stop_at_last_layers", 1);
    expect(buildRequest(params(), RUN).body.override_settings_restore_afterwards).toBe(true);
  });

  it("is an img2img body with its picture where there is one", () => {
    const img2img = { init_image: UPLOAD, denoising_strength: 0.4, resize_mode: 1 };
    const { path, body } = buildRequest(params({ img2img }), { ...RUN, initImage: "aW5pdA==" });
    expect(path).toBe("/sdapi/v1/img2img");
    expect(body).toMatchObject({
      init_images: ["aW5pdA=="],
      denoising_strength: 0.4,
      resize_mode: 1,
      include_init_images: false,
    });
    expect(body).not.toHaveProperty("mask");
  });

  it("names every inpainting field with a mask: Forge's own defaults are not those of its page", () => {
    const img2img = { init_image: UPLOAD, mask: UPLOAD };
    const run = { ...RUN, initImage: "aW5pdA==", mask: "bWFzaw==" };
    expect(buildRequest(params({ img2img }), run).body).toMatchObject({
      mask: "bWFzaw==",
      mask_blur: 4,
      inpainting_fill: 1,
      inpaint_full_res: false,
      inpaint_full_res_padding: 32,
      inpainting_mask_invert: 0,
    });
  });

  it("never holds a key that is not on the list, whatever the queue sent", () => {
    const hostile = fc.dictionary(
      fc.oneof(
        fc.constantFrom("infotext", "save_images", "script_name", "script_args", "sampler_index"),
        fc.constantFrom("override_settings", "firstpass_image", "do_not_save_samples", "__proto__"),
        fc.string(),
      ),
      fc.anything(),
    );
    fc.assert(
      fc.property(hostile, fc.boolean(), (extra, isImg2img) => {
        const img2img = isImg2img ? { img2img: { init_image: UPLOAD, mask: UPLOAD } } : {};
        // As if the contract's strictness had failed: the builder has a list of its own.
        const sent = { ...extra, ...params(img2img) } as ResolvedParams;
        const { body } = buildRequest(sent, { ...RUN, initImage: "YQ==", mask: "YQ==" });
        expect(Object.keys(body).filter((key) => !ALLOWED.has(key))).toEqual([]);
        expect(body.save_images).toBe(false);
        expect(Object.keys(body.override_settings as object)).toHaveLength(4);
      }),
    );
  });

  it("takes no unknown field of the request either: the contract refuses it by name", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (key, value) => {
        fc.pre(!(key in GenerationParams.shape) && key !== "__proto__");
        const given = { positive_prompt: "x", checkpoint_name: "y", [key]: value };
        expect(GenerationParams.safeParse(given).success).toBe(false);
      }),
    );
  });
});
