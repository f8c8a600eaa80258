import { Settings } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { checkFormat, checkSettings } from "../../../src/job/before/check-settings.ts";
import { hostWith, LAB_HOST, paramsOf } from "../request/lab-host.ts";

const check = (settings: Record<string, unknown>, own: Record<string, unknown> = {}) =>
  checkSettings(paramsOf({ settings }), hostWith(own).options);

describe("settings before anything is sent", () => {
  it.each([
    ["none", {}, {}],
    ["one that Forge reads", { eta_noise_seed_delta: 31337 }, {}],
    [
      "one that nothing reads, at the value that it has",
      { upcast_attn: true },
      { upcast_attn: true },
    ],
    [
      "low bits as the host has them",
      { forge_unet_storage_dtype: "bnb-nf4" },
      { forge_unet_storage_dtype: "bnb-nf4" },
    ],
    [
      "a number that Forge writes as text",
      { comma_padding_backtrack: 20 },
      { comma_padding_backtrack: "20" },
    ],
  ])("are fine with %s", (_, settings, own) => {
    expect(check(settings, own)).toBeNull();
  });

  it.each([
    ["comma_padding_backtrack", 30],
    ["ddim_discretize", "quad"],
    ["enable_batch_seeds", false],
    ["pad_cond_uncond", true],
    ["pad_cond_uncond_v0", true],
    ["refiner_switch_by_sample_steps", true],
    ["sdxl_clip_l_skip", true],
    ["upcast_attn", true],
    ["use_downcasted_alpha_bar", true],
  ])("that nothing in Forge reads any more are refused by name: %s", (name, value) => {
    const found = check({ [name]: value });
    expect(found).toMatchObject({
      kind: "user",
      reason: "invalid_job",
      field: `settings.${name}`,
      message: expect.stringContaining("Forge ignores"),
    });
  });

  it("cannot change what Forge reads only when it loads a model", () => {
    const found = check({ forge_unet_storage_dtype: "float8-e4m3fn" });
    expect(found).toMatchObject({
      reason: "invalid_job",
      field: "settings.forge_unet_storage_dtype",
      message: expect.stringContaining("where it is Automatic"),
    });
  });

  it("that this Forge does not have are missing names", () => {
    const { beta_dist_alpha, ...own } = LAB_HOST.options.own;
    const found = checkSettings(paramsOf({ settings: { beta_dist_alpha: 0.5 } }), { own });
    expect(found).toMatchObject({ reason: "missing_name", field: "settings.beta_dist_alpha" });
  });

  it("go unchecked where Forge does not tell its options", () => {
    const params = paramsOf({ settings: { upcast_attn: true } });
    expect(checkSettings(params, { own: {} })).toBeNull();
  });

  it("are all among the options that the recorded Forge has", () => {
    const names = Object.keys(Settings.def.shape);
    expect(names.filter((name) => !(name in LAB_HOST.options.own))).toEqual([]);
  });
});

describe("the format of pictures", () => {
  it.each(["png", "PNG", "jpg", "jpeg", "webp", null])("is fine when it is %s", (samplesFormat) => {
    expect(checkFormat({ samplesFormat })).toBeNull();
  });

  it("that Forge's API cannot hand over stops the job, and tells the owner what to do", () => {
    expect(checkFormat({ samplesFormat: "avif" })).toMatchObject({
      kind: "user",
      reason: "unsupported_format",
      message: expect.stringContaining("avif"),
      owner_message: expect.stringContaining("png, jpg or webp"),
    });
  });
});
