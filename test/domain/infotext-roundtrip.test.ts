import { GenerationParams, LIMITS } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInfotext } from "../../src/domain/infotext.ts";
import { forgeInfotext } from "./forge-infotext.ts";

/** Text as Forge keeps it: each line trimmed, and no quote that its own quoting would lose. */
const asKept = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
const prompt = fc
  .string({ unit: "binary", maxLength: 80 })
  .filter((text) => !text.includes("\0"))
  .map(asKept)
  .filter((text) => !/^Negative prompt:/m.test(text));
const line = (text: string) => /[,:\n]/.test(text) || !text.includes('"');
const hiresPrompt = prompt.filter((text) => text !== "" && line(text));
const name = fc
  .string({ unit: fc.constantFrom(..."abXY019 _-+.,:/\\\"'()éü赤😀"), minLength: 1, maxLength: 30 })
  .map((text) => text.trim())
  .filter((text) => text !== "" && line(text));
const hash = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef"),
  minLength: 10,
  maxLength: 10,
});
const checkpoint = fc
  .tuple(name, fc.option(hash))
  .map(([base, digits]) => (digits === null ? base : `${base} [${digits}]`));

const hundredths = (min: number, max: number) =>
  fc.integer({ min: Math.round(min * 100), max: Math.round(max * 100) }).map((n) => n / 100);
const side = fc
  .integer({ min: LIMITS.sidePixelsMin / 8, max: LIMITS.sidePixelsMax / 8 })
  .map((eighth) => eighth * 8);
const seed = fc.integer({ min: 0, max: LIMITS.seedMax });
const steps = fc.integer({ min: 1, max: LIMITS.stepsMax });
const modules = (min: number) => fc.array(name, { minLength: min, maxLength: LIMITS.modulesMax });

/** Parts of a record, each there or not. */
const some = <T extends object>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(parts, { requiredKeys: [] });

const hiresSize = fc.oneof(
  fc.record({ scale: hundredths(1, 4) }),
  fc.record({ width: side }),
  fc.record({ height: side }),
  fc.record({ width: side, height: side }),
);
const hires = fc
  .tuple(
    hiresSize,
    fc.record({ denoising_strength: hundredths(0, 1), upscaler: name }),
    some({
      steps,
      checkpoint_name: checkpoint,
      sampler_name: name,
      scheduler: name,
      cfg_scale: hundredths(0, 30),
      distilled_cfg_scale: hundredths(0, 30),
      prompt: hiresPrompt,
      negative_prompt: hiresPrompt,
      modules: modules(0),
    }),
  )
  .map(([size, always, more]) => ({ ...size, ...always, ...more }));

const yes = fc.constant(true as const);
const settings = some({
  eta_noise_seed_delta: fc.integer({ min: 1, max: LIMITS.seedMax }),
  randn_source: fc.constantFrom("CPU", "NV"),
  emphasis: fc.constantFrom("None", "Ignore", "No norm"),
  sd_noise_schedule: fc.constantFrom("Default", "Zero Terminal SNR"),
  token_merging_ratio: hundredths(0.1, 0.9),
  token_merging_ratio_hr: hundredths(0.1, 0.9),
  forge_unet_storage_dtype: fc.constantFrom("bnb-nf4", "float8-e4m3fn (fp16 LoRA)"),
  sd_vae_encode_method: fc.constant("TAESD"),
  sd_vae_decode_method: fc.constant("TAESD"),
  inpainting_mask_weight: hundredths(0, 1),
  img2img_extra_noise: hundredths(0.01, 1),
  s_min_uncond_all: yes,
  skip_early_cond: hundredths(0.01, 1),
  pad_cond_uncond: yes,
  pad_cond_uncond_v0: yes,
  always_discard_next_to_last_sigma: yes,
  sgm_noise_multiplier: yes,
  beta_dist_alpha: hundredths(0.01, 1),
  beta_dist_beta: hundredths(0.01, 1),
  sigma_min: hundredths(0.01, 2),
  sigma_max: hundredths(0.01, 60),
  rho: hundredths(0.01, 100),
  use_old_scheduling: yes,
  use_downcasted_alpha_bar: yes,
  hires_fix_refiner_pass: fc.constantFrom("first pass", "both passes"),
}).filter((some) => Object.keys(some).length > 0);

const always = fc.record({
  positive_prompt: prompt,
  negative_prompt: prompt,
  checkpoint_name: checkpoint,
  steps,
  sampler_name: name.filter((text) => !/ (Karras|Exponential)$/.test(text)),
  scheduler: name,
  cfg_scale: hundredths(0, 100),
  seed,
  width: side,
  height: side,
});
const now = some({
  hires,
  settings,
  refiner: fc.record({ checkpoint_name: checkpoint, switch_at: hundredths(0, 1) }),
  modules: modules(1),
  distilled_cfg_scale: hundredths(0, 30),
  clip_skip: fc.integer({ min: 2, max: 12 }),
  tiling: yes,
  eta: hundredths(0, 1),
  s_churn: hundredths(0, 100),
  s_tmin: hundredths(0, 10),
  s_tmax: hundredths(0, 999),
  s_noise: hundredths(0, 1.1),
  s_min_uncond: hundredths(0.01, 15),
});
const variation = fc.record({ subseed: seed, subseed_strength: hundredths(0.01, 1) });
const resized = fc.record({ seed_resize_from_w: side, seed_resize_from_h: side });
const params = fc
  .tuple(always, now, fc.option(variation, { nil: {} }), fc.option(resized, { nil: {} }))
  .map(([all, more, varied, from]) => ({ ...all, ...more, ...varied, ...from }));

const informative = some({
  Version: fc.constant("f2.0.1v1.10.1-previous-669-gdfdcbab6"),
  "Lora hashes": fc.constant("lab_lora: 5e56a7df5f41, other: 0123456789ab"),
  TI: fc.constant("lab_embed, other"),
  User: fc.constant("anna"),
});

describe("what Forge writes of a job", () => {
  it("is read back as the very same parameters, whatever they are", () => {
    fc.assert(
      fc.property(params, informative, (asked, beside) => {
        expect(GenerationParams.safeParse(asked).success).toBe(true);
        expect(parseInfotext(forgeInfotext(asked, beside))).toEqual({ ok: true, value: asked });
      }),
      { numRuns: 500 },
    );
  });

  it("is read in time that grows with its length, not with the square of it", () => {
    const pieces = ["a", "ab:", 'ab:"', 'ab:"\\"', "ab:{", "Hashes:{", "Hashes:[", " ", ", ", '"'];
    for (const piece of pieces) {
      const text = piece.repeat(Math.floor(LIMITS.infotextCharsMax / piece.length));
      const before = performance.now();
      parseInfotext(`a cat\n${text}`);
      expect(performance.now() - before, piece).toBeLessThan(2_000);
    }
  });
});
