import { SETTING_NAMES } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { hostNamesOf } from "../../../src/job/before/host-names.ts";
import { OVERRIDE_KEYS, overridesOf } from "../../../src/job/request/payload-overrides.ts";
import { hostWith, LAB_HOST, PONY, paramsOf, uploadRef } from "./lab-host.ts";

function overrides(more: Record<string, unknown> = {}, host = LAB_HOST) {
  const params = paramsOf(more);
  return overridesOf(params, hostNamesOf(params, PONY, host.catalogue), host.options.own);
}

describe("what a body overrides", () => {
  it("are always the same options, with the owner's values where the job has none", () => {
    const plain = overrides();
    const all = overrides({ modules: [], settings: { emphasis: "None" }, s_churn: 1 });
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
    expect(overrides(more, host)).toMatchObject(expected);
  });

  it("never holds the owner's clip skip: a job always has its own", () => {
    const host = hostWith({ CLIP_stop_at_last_layers: 2 });
    expect(overrides({}, host)).toHaveProperty("CLIP_stop_at_last_layers", 1);
  });

  it("keeps masks out of the answer and width and height those of the first pass", () => {
    const host = hostWith({
      return_mask: true,
      return_mask_composite: true,
      use_old_hires_fix_width_height: true,
    });
    expect(overrides({}, host)).toMatchObject({
      return_mask: false,
      return_mask_composite: false,
      use_old_hires_fix_width_height: false,
    });
  });

  it("leave out what this Forge does not have: to name it fails", () => {
    const { beta_dist_alpha, s_churn, return_mask, ...own } = LAB_HOST.options.own;
    const host = { ...LAB_HOST, options: { ...LAB_HOST.options, own } };
    const keys = Object.keys(overrides({}, host));
    expect(keys).toHaveLength(OVERRIDE_KEYS.length - 3);
    expect(keys).not.toContain("beta_dist_alpha");
  });

  it("are what the job decides where Forge does not tell its options", () => {
    const host = { ...LAB_HOST, options: { ...LAB_HOST.options, own: {} } };
    expect(overrides({ settings: { emphasis: "None" } }, host)).toEqual({
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
    const general = (more: Record<string, unknown>) => overrides(more, host).token_merging_ratio;
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
