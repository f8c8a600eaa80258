import { readFileSync } from "node:fs";
import { GenerationParams, LIMITS, SubmitAnswer, SubmitJob } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleParams } from "../support/example-job.ts";

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"));

const accepts = (changes: object) =>
  GenerationParams.safeParse({ ...exampleParams(), ...changes }).success;

it("takes the request of the interface word for word, and answers in its words", () => {
  const request = golden("generate-request");
  expect(SubmitJob.parse(request)).toMatchObject(request as object);
  const answer = golden("generate-answer");
  expect(SubmitAnswer.parse(answer)).toEqual(answer);
});

it("asks for nothing but a prompt and a checkpoint", () => {
  const bare = { positive_prompt: "", checkpoint_name: "m" };
  expect(GenerationParams.parse(bare)).toMatchObject({
    ...bare,
    width: 512,
    batch_size: 1,
    seed: -1,
  });
  expect(GenerationParams.safeParse({ positive_prompt: "" }).success).toBe(false);
  expect(GenerationParams.safeParse({ checkpoint_name: "m" }).success).toBe(false);
});

/** Each field with its last good values and the first bad ones. */
const BORDERS: [field: string, good: unknown[], bad: unknown[]][] = [
  [
    "width",
    [64, 4096, 72],
    [56, 4104, 65, 64.5, "64", null, -64, Number.NaN, Number.POSITIVE_INFINITY],
  ],
  ["height", [64, 4096], [0, 4104, 100]],
  ["steps", [1, 150], [0, 151, 1.5, "20", null]],
  ["cfg_scale", [0, 100, 7.5], [-0.1, 100.1, "7", Number.POSITIVE_INFINITY, Number.NaN]],
  ["batch_size", [1, 16], [0, 17]],
  ["n_iter", [1, 16], [0, 17]],
  ["seed", [-1, 0, 4_294_967_295], [-2, 4_294_967_296, 0.5]],
  ["subseed_strength", [0, 1], [-0.1, 1.1]],
  ["clip_skip", [1, 12], [0, 13]],
  ["restore_faces", [true, false], ["true", 1, null]],
  ["styles", [[], ["a"]], ["a", [""], [1], Array.from({ length: 17 }, () => "a")]],
  ["sampler_name", ["x", "x".repeat(512)], ["", "x".repeat(513), 5, null]],
  ["checkpoint_name", ["x"], ["", null, ["x"]]],
  [
    "positive_prompt",
    ["", "x".repeat(LIMITS.promptCharsMax), "😀\n"],
    ["x".repeat(LIMITS.promptCharsMax + 1), "a\0b", "\ud800", null, 3, {}],
  ],
  [
    "img2img",
    [{ init_image: { upload_id: `upl_${"a".repeat(22)}` } }],
    [
      {},
      { init_image: "http://127.0.0.1/x.png" },
      { init_image: { upload_id: "http://127.0.0.1" } },
      { init_image: { upload_id: `upl_${"a".repeat(22)}` }, denoising_strength: 1.01 },
      { init_image: { upload_id: `upl_${"a".repeat(22)}`, url: "file:///etc/passwd" } },
    ],
  ],
  ["modules", [[], ["ae.safetensors"], Array(8).fill("m")], [null, "m", [""], Array(9).fill("m")]],
  [
    "refiner",
    [
      { checkpoint_name: "r", switch_at: 0 },
      { checkpoint_name: "r", switch_at: 1 },
    ],
    [
      {},
      { checkpoint_name: "r" },
      { checkpoint_name: "r", switch_at: null },
      { checkpoint_name: "r", switch_at: 1.1 },
      { checkpoint_name: "", switch_at: 0.5 },
    ],
  ],
  [
    "hires",
    [
      {},
      { scale: 1 },
      { scale: 4 },
      { width: 1024 },
      { height: 1024 },
      { width: 64, height: 4096 },
      { steps: 0, denoising_strength: 0 },
      { steps: 150, denoising_strength: 1, cfg_scale: 0, distilled_cfg_scale: 3.5 },
      { checkpoint_name: "m", modules: [], sampler_name: "s", scheduler: "s" },
      { prompt: "", negative_prompt: "" },
    ],
    [
      true,
      { scale: 0.9 },
      { scale: 4.1 },
      { scale: 2, width: 1024 },
      { scale: 2, height: 1024 },
      { width: 0 },
      { width: 1025 },
      { height: 8192 },
      { steps: 151 },
      { denoising_strength: null },
      { denoising_strength: 1.1 },
      { upscaler: "" },
      { modules: "Use same choices" },
      { hr_scale: 2 },
    ],
  ],
];

it("takes from a hires fix without details what Forge's page would", () => {
  expect(GenerationParams.parse({ ...exampleParams(), hires: {} }).hires).toEqual({
    upscaler: "Latent",
    steps: 0,
    denoising_strength: 0.7,
  });
});

describe.each(BORDERS)("%s", (field, good, bad) => {
  it("is taken up to its limits and refused beyond them", () => {
    for (const value of good) expect(accepts({ [field]: value }), String(value)).toBe(true);
    for (const value of bad) expect(accepts({ [field]: value }), String(value)).toBe(false);
  });
});

it("refuses by name every key that it does not know", () => {
  const names = new Set(Object.keys(GenerationParams.shape));
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), (key, value) => {
      fc.pre(!names.has(key));
      const parsed = GenerationParams.safeParse({ ...exampleParams(), [key]: value });
      expect(parsed.success).toBe(false);
      expect(parsed.error?.issues).toContainEqual(expect.objectContaining({ keys: [key] }));
    }),
  );
});

it("refuses what Forge would take and nobody else may say", () => {
  for (const key of [
    "script_name",
    "override_settings",
    "override_settings_restore_afterwards",
    "infotext",
    "save_images",
    "send_images",
    "force_task_id",
    "sampler_index",
    "firstpass_image",
    "init_images",
    "alwayson_scripts_",
    "prompt",
  ]) {
    expect(accepts({ [key]: "x" }), key).toBe(false);
  }
});

it("is stable: what was parsed parses to the same again", () => {
  const side = fc.integer({ min: 8, max: 512 }).map((n) => n * 8);
  const params = fc.record(
    {
      positive_prompt: fc.string({ unit: "grapheme" }),
      checkpoint_name: fc.string({ unit: "grapheme-ascii", minLength: 1 }),
      width: side,
      height: side,
      steps: fc.integer({ min: 1, max: 150 }),
      seed: fc.integer({ min: -1, max: 4_294_967_295 }),
      subseed_strength: fc.double({ min: 0, max: 1, noNaN: true }),
      styles: fc.array(fc.constant("a style"), { maxLength: 16 }),
      modules: fc.array(fc.constant("vae"), { maxLength: 8 }),
      settings: fc.record({ eta_noise_seed_delta: fc.nat(), upcast_attn: fc.boolean() }),
      hires: fc.record({ width: side, steps: fc.nat(150) }, { requiredKeys: [] }),
      script: fc.record({ name: fc.constant("x"), args: fc.array(fc.integer()) }),
      alwayson_scripts: fc.dictionary(
        fc.string({ unit: fc.constantFrom(..."abc"), minLength: 1, maxLength: 3 }),
        fc.record({ args: fc.array(fc.boolean()) }),
        { maxKeys: 5 },
      ),
    },
    { requiredKeys: ["positive_prompt", "checkpoint_name"] },
  );
  fc.assert(
    fc.property(params, (given) => {
      const once = GenerationParams.parse(given);
      expect(GenerationParams.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
    }),
  );
});

it("takes parameters or an infotext, never both and never neither", () => {
  const { generation_params, ...rest } = golden("generate-request") as Record<string, unknown>;
  const isTaken = (more: object) => SubmitJob.safeParse({ ...rest, ...more }).success;
  expect(isTaken({ generation_params })).toBe(true);
  expect(isTaken({ generation_info_raw: "a cat" })).toBe(true);
  expect(isTaken({ generation_params, generation_info_raw: "a cat" })).toBe(false);
  expect(isTaken({})).toBe(false);
});
