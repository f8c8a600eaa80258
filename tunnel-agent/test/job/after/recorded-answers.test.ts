import { describe, expect, it } from "vitest";
import type { Asked } from "../../../src/job/after/asked.ts";
import { uploadRef } from "../request/lab-host.ts";
import { askedOf, failureOf, imagesOf, readBody, redCube, requestOf } from "./made-answers.ts";
import { recorded } from "./recorded.ts";

type Body = Record<string, unknown>;

/** A recorded answer, held against a job with `params`, and the recorded request as what was sent. */
function readRecorded(name: string, params: Body = {}, more: Partial<Asked> = {}) {
  const { sent, body } = recorded(name);
  const asked = askedOf(redCube(params), { request: requestOf(sent as Body | undefined), ...more });
  return readBody(body, asked);
}

const infotextsIn = (name: string): string[] => {
  const { info } = recorded(name).body as { info: string };
  return JSON.parse(info.replaceAll("NaN", "null")).infotexts;
};

const HIRES = { hires: { scale: 2, denoising_strength: 0.5 } };
const INPUT = { img2img: { init_image: uploadRef(1), denoising_strength: 0.5 } };
const MASKED = {
  img2img: { ...INPUT.img2img, mask: uploadRef(2), inpaint_full_res: true, mask_blur: 4 },
};
const UNIT = { model: "control_canny [de300001]", image: uploadRef(3) };
const CONTROL = { alwayson_scripts: { ControlNet: { args: [UNIT] } } };
const MATRIX = { script: { name: "Prompt matrix", args: [] }, positive_prompt: "a|b" };
const PONY = { checkpoint: { basename: "cyberrealisticPony_v8", hash: null } };

describe("a whole answer of a real Forge", () => {
  it.each([
    ["one picture", "generate/steps_1", {}, [1]],
    ["two batches of two", "generate/n_iter2_batch2", { n_iter: 2, batch_size: 2 }, [1, 2, 3, 4]],
    [
      "the same with a saved grid before",
      "generate/n_iter2_batch2_saved",
      { n_iter: 2, batch_size: 2 },
      [1, 2, 3, 4],
    ],
    ["a JPEG host", "generate/format_jpg", {}, [1]],
    ["a WebP host", "generate/format_webp", {}, [1]],
    ["a prompt beyond Latin-1", "generate/prompt_unicode", {}, [1]],
    ["a prompt in Latin-1", "generate/prompt_latin1", {}, [1]],
    ["a prompt that looks like an infotext", "generate/prompt_newlines", {}, [1]],
    ["the highest seed", "generate/seed_max", { seed: 4_294_967_295 }, [4_294_967_295]],
    ["a scheduler by label", "generate/scheduler_label", { scheduler: "SGM Uniform" }, [1]],
    ["a scheduler by name", "generate/scheduler_name", { scheduler: "sgm_uniform" }, [1]],
    ["a clip skip", "generate/clip_skip", { clip_skip: 2 }, [1]],
    [
      "every field at once",
      "generate/all_fields",
      {
        seed: 1234,
        cfg_scale: 5.5,
        subseed: 99,
        subseed_strength: 0.25,
        clip_skip: 2,
        scheduler: "karras",
      },
      [1234],
    ],
    ["a hires fix", "generate/hires", HIRES, [1]],
    [
      "a hires fix with an image upscaler",
      "generate/hires_image_upscaler",
      { hires: { scale: 2, upscaler: "Lanczos", denoising_strength: 0.5, steps: 1 } },
      [1],
    ],
    [
      "a hires fix to a size",
      "generate/hires_resize_to",
      { hires: { width: 96, height: 64 } },
      [1],
    ],
    [
      "a hires fix with a model of its own",
      "generate/hires_checkpoint",
      { hires: { scale: 2, checkpoint_name: "cyberrealisticPony_v8" } },
      [1],
    ],
    [
      "a refiner",
      "generate/refiner",
      { steps: 4, refiner: { checkpoint_name: "cyberrealisticPony_v8", switch_at: 0.5 } },
      [1],
    ],
    ["a LoRA", "hashing/lora", { positive_prompt: "a <lora:lab_lora:0.8>, lab_embed" }, [1]],
    ["a Forge that hashes no LoRA", "generate/lora", { positive_prompt: "<lora:lab_lora:1>" }, [1]],
    ["an embedding", "generate/embedding", { positive_prompt: "a red cube, lab_embed" }, [1]],
    ["an input picture", "img2img/plain", INPUT, [1]],
    ["a batch from one input picture", "img2img/two_batch2", { ...INPUT, batch_size: 2 }, [1, 2]],
    ["a picture whose mask and composite came along", "img2img/mask_returned", INPUT, [1]],
    ["only the masked part, in the input's size", "img2img/mask_only_masked", MASKED, [1]],
    ["a control map behind", "generate/controlnet_missing_model", CONTROL, [1]],
    ["Prompt matrix with its grid", "generate/script_matrix", MATRIX, [1, 1]],
  ])(
    "of %s gives each result with its own seed and infotext",
    async (_what, name, params, seeds) => {
      const result = await readRecorded(name, params);
      expect(failureOf(result)).toBeNull();
      expect(imagesOf(result).map(({ seed }) => seed)).toEqual(seeds);
      const infotexts = infotextsIn(name).slice(-seeds.length);
      expect(imagesOf(result).map(({ infotext }) => infotext)).toEqual(infotexts);
      expect(result).toMatchObject({ warnings: [] });
    },
  );

  it("gives the very bytes of the pictures, and a preview beside each", async () => {
    const { images } = recorded("generate/n_iter2_batch2_saved").body as { images: string[] };
    const result = imagesOf(
      await readRecorded("generate/n_iter2_batch2_saved", { n_iter: 2, batch_size: 2 }),
    );
    expect(result.map(({ bytes }) => bytes.toString("base64"))).toEqual(images.slice(1));
    expect(result.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
    for (const { preview } of result) expect(preview.bytes.toString("latin1", 8, 12)).toBe("WEBP");
  });

  it.each([
    ["generate/steps_1", "image/png", 64, 64],
    ["generate/format_jpg", "image/jpeg", 64, 64],
    ["generate/format_webp", "image/webp", 64, 64],
  ])("is stored as what its bytes are: %s %s %d x %d", async (name, mime, width, height) => {
    expect(imagesOf(await readRecorded(name))[0]).toMatchObject({ mime, width, height });
  });

  it("is known by its hash too, once both sides know it", async () => {
    const checkpoint = { basename: "plain_sd15", hash: "e232e51d0c" };
    expect(failureOf(await readRecorded("hashing/txt2img-first", {}, { checkpoint }))).toBeNull();
  });
});

describe("what a real Forge lost in silence", () => {
  it.each([
    ["a checkpoint that it does not know", "generate/checkpoint_unknown", {}, "wrong_model"],
    ["a checkpoint in the wrong case", "generate/checkpoint_wrong_case", {}, "wrong_model"],
    ["an empty checkpoint", "generate/checkpoint_empty", {}, "wrong_model"],
    [
      "a sampler in the wrong case",
      "generate/sampler_case",
      { sampler_name: "euler A" },
      "sampler_name",
    ],
    [
      "an unknown sampler",
      "generate/sampler_unknown",
      { sampler_name: "No Such Sampler" },
      "sampler_name",
    ],
    ["an unknown scheduler", "generate/scheduler_unknown", { scheduler: "nope" }, "scheduler"],
    ["an unknown module", "generate/override_modules_unknown", {}, "modules"],
    ["a number that is none", "generate/nan", {}, "cfg_scale"],
    ["the seed of another job", "generate/seed_max", { seed: 5 }, "seed"],
    ["steps", "generate/steps_1", { steps: 20 }, "steps"],
    ["the clip skip of the job before", "generate/override_kept", { clip_skip: 1 }, "clip_skip"],

    [
      "a control map, and the ControlNet with it",
      "generate/controlnet_bad_unit",
      CONTROL,
      "alwayson_scripts",
    ],
    ["ControlNet", "generate/steps_1", CONTROL, "alwayson_scripts"],
  ])("%s is told, and no picture is a result", async (_what, name, params, lost) => {
    const found = failureOf(await readRecorded(name, params));
    const reason = lost === "wrong_model" ? lost : "not_as_asked";
    const field = lost === "wrong_model" ? "checkpoint_name" : lost;
    expect(found).toMatchObject({ reason, field });
  });

  it("another model than the one that was asked for is named", async () => {
    const found = failureOf(await readRecorded("generate/steps_1", {}, PONY));
    expect(found).toMatchObject({
      kind: "infra",
      reason: "wrong_model",
      message: 'Forge used the model "plain_sd15" instead of "cyberrealisticPony_v8".',
    });
  });

  it("another file of the same name is told by its hash", async () => {
    const checkpoint = { basename: "plain_sd15", hash: "ffffffffff" };
    const found = failureOf(await readRecorded("hashing/txt2img-first", {}, { checkpoint }));
    expect(found).toMatchObject({ reason: "wrong_model" });
  });
});
