import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readParameters } from "../../demo-forge/png.ts";
import { RED_CUBE, startForge } from "./started-forge.ts";

const FREEU = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)";
const SAG = "SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)";

const FREEU_KEYS =
  "freeu_enabled: True, freeu_b1: 1.01, freeu_b2: 1.02, freeu_s1: 0.99, freeu_s2: 0.95, " +
  "freeu_start: 0.0, freeu_end: 1.0";

/** The keys of an infotext's last line between the model and the version. */
function readKeys(infotext = ""): string {
  return /Model: demoPainter_v1(?:, )?(.*), Version/.exec(infotext)?.[1] ?? "";
}

async function paint(background: string, width = 64, height = 64): Promise<string> {
  const create = { width, height, channels: 3, background } as const;
  return (await sharp({ create }).png().toBuffer()).toString("base64");
}

describe("an always-on script", () => {
  it.each([
    [FREEU, [true], FREEU_KEYS],
    [
      "kohya hrfix integrated",
      [true, 3, 2],
      "kohya_hrfix_enabled: True, kohya_hrfix_block_number: 3, kohya_hrfix_downscale_factor: 2, " +
        "kohya_hrfix_start_percent: 0.0, kohya_hrfix_end_percent: 0.35, " +
        "kohya_hrfix_downscale_after_skip: True, kohya_hrfix_downscale_method: bicubic, " +
        "kohya_hrfix_upscale_method: bicubic",
    ],
    [SAG, [true], "sag_enabled: True, sag_scale: 0.5, sag_blur_sigma: 2.0, sag_threshold: 1.0"],
    [
      "perturbedattentionguidance integrated",
      [true],
      "pagi_enabled: True, pagi_scale: 3.0, pagi_attenuation: 0.0, pagi_start_step: 0.0, " +
        "pagi_end_step: 1.0",
    ],
    ["StyleAlign Integrated", [true], "stylealign_enabled: True, stylealign_strength: 1.0"],
  ])(
    "%s with %j changes the picture and writes its keys as Forge does",
    async (title, args, keys) => {
      const forge = await startForge({ timeScale: 0, noHashing: true });
      const plain = await forge.txt2img();
      const { images, info } = await forge.txt2img({ alwayson_scripts: { [title]: { args } } });
      expect(readKeys(info.infotexts[0])).toBe(keys);
      expect(images).not.toEqual(plain.images);
      expect(forge.jobs[1]?.alwaysOnScripts).toEqual([title.toLowerCase()]);
    },
  );

  it("writes its keys in Forge's order, whatever the order of the request", async () => {
    const forge = await startForge({ timeScale: 0 });
    const alwayson_scripts = {
      "kohya hrfix integrated": { args: [true] },
      [FREEU]: { args: [true, 1.3] },
      ControlNet: { args: [{ module: "reference_only", image: await paint("#38c") }] },
    };
    const { info, images } = await forge.txt2img({
      alwayson_scripts,
      prompt: "a red cube <lora:demo_ink:0.8>, demo_style",
    });
    expect(Object.keys(info.extra_generation_params ?? {}).map((key) => key.split("_")[0])).toEqual(
      [
        "ControlNet 0",
        "Lora hashes",
        "TI",
        ...Array.from({ length: 7 }, () => "freeu"),
        ...Array.from({ length: 8 }, () => "kohya"),
      ],
    );
    expect(images).toHaveLength(2);
    const alone = await forge.txt2img({ alwayson_scripts: { [FREEU]: { args: [true, 1.3] } } });
    expect(images[0]).not.toEqual(alone.images[0]);
  });

  it.each([
    ["is switched off", { [FREEU]: { args: [false] } }],
    ["is given as a list", { [FREEU]: [true] }],
    ["cannot read its arguments", { "kohya hrfix integrated": { args: [true, "x"] } }],
    ["needs more guidance than there is", { [SAG]: { args: [true] } }],
    ["belongs to the page only", { Seed: { args: [77] }, refiner: { args: [true, "x", 0.5] } }],
    [
      "is cut off behind its own arguments",
      { seed: { args: Array.from({ length: 50 }, () => 1) } },
    ],
  ])("that %s changes nothing and says nothing", async (_why, alwayson_scripts) => {
    const forge = await startForge({ timeScale: 0, noHashing: true });
    const plain = await forge.txt2img({ cfg_scale: 1 });
    const { images, info } = await forge.txt2img({ cfg_scale: 1, alwayson_scripts });
    expect(readKeys(info.infotexts[0])).toBe("");
    expect(images).toEqual(plain.images);
  });

  it.each([
    [
      { [FREEU]: { args: [true, "x"] } },
      "TypeError",
      "unsupported operand type(s) for -: 'str' and 'int'",
    ],
    [
      { "multidiffusion integrated": { args: [true] } },
      "ZeroDivisionError",
      "integer division or modulo by zero",
    ],
  ])("that fails while sampling (%j) fails the job", async (alwayson_scripts, error, message) => {
    const forge = await startForge({ timeScale: 0 });
    const response = await forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, alwayson_scripts });
    expect([response.status, await response.json()]).toMatchObject([500, { error, message }]);
  });

  it("Soft inpainting writes its keys with a mask, and nothing without one", async () => {
    const forge = await startForge({ timeScale: 0, noHashing: true });
    const alwayson_scripts = { "Soft Inpainting": { args: [true] } };
    const init_images = [await paint("#0f0")];
    const fields = { init_images, alwayson_scripts, inpaint_full_res: false, inpainting_fill: 1 };
    const masked = await forge.img2img({ ...fields, mask: await paint("#fff") });
    expect(readKeys(masked.info.infotexts[0])).toBe(
      "Denoising strength: 0.75, Soft inpainting enabled: True, " +
        "Soft inpainting schedule bias: 1, Soft inpainting preservation strength: 0.5, " +
        "Soft inpainting transition contrast boost: 4, Soft inpainting mask influence: 0, " +
        "Soft inpainting difference threshold: 0.5, Soft inpainting difference contrast: 2, " +
        "Mask blur: 4",
    );
    const plain = await forge.img2img(fields);
    expect(readKeys(plain.info.infotexts[0])).toBe("Denoising strength: 0.75");
  });
});

describe("Prompt matrix", () => {
  const matrix = (args: unknown[], fields: object = {}) => ({
    script_name: "Prompt Matrix",
    script_args: args,
    prompt: "a|b",
    ...fields,
  });

  it("gives each combination, and in front a grid without a text, saved or not", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.txt2img(matrix([false, false, "positive", "comma", 0]));
    const sizes = await Promise.all(images.map(async (image) => await sharp(image).metadata()));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [128, 72],
      [64, 64],
      [64, 64],
    ]);
    expect(await readParameters(images[0] ?? Buffer.alloc(0))).toBe("");
    expect(await readParameters(images[2] ?? Buffer.alloc(0))).toMatch(/^a, b\nSteps: 1/);
    expect(info).toMatchObject({
      index_of_first_image: 1,
      all_seeds: [1, 1],
      all_prompts: ["a", "a, b"],
      prompt: "a",
    });
    expect(info.infotexts.map((text) => text.split("\n")[0])).toEqual(["a", "a", "a, b"]);
    expect(images[1]).not.toEqual(images[2]);
  });

  it("of four parts in batches of two makes eight pictures with seeds of their own", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.txt2img(
      matrix([true, true, "positive", "space", 10], { prompt: "a|bb|cc|dd", batch_size: 2 }),
    );
    expect(images).toHaveLength(9);
    expect(info.all_seeds).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(info.all_prompts).toEqual([
      "a",
      "bb a",
      "cc a",
      "bb cc a",
      "dd a",
      "bb dd a",
      "cc dd a",
      "bb cc dd a",
    ]);
    expect((await sharp(images[0]).metadata()).width).toBe(4 * 64 + 3 * 10 + 48);
  });

  it("of the negative prompt leaves the prompt as it is", async () => {
    const forge = await startForge({ timeScale: 0 });
    const fields = { prompt: "a red cube", negative_prompt: "a|b" };
    const { info } = await forge.txt2img(matrix([false, false, "negative", "comma", 0], fields));
    expect(info.all_prompts).toEqual(["a red cube", "a red cube"]);
    expect(info.all_negative_prompts).toEqual(["a", "a, b"]);
  });

  it.each([
    [[], "Unknown prompt type start"],
    [[false], "Unknown prompt type False"],
    [[false, false, "positive", "dash", 0], "Unknown variations delimiter dash"],
  ])("with the arguments %j reads those of the script behind it", async (args, message) => {
    const forge = await startForge();
    const response = await forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, ...matrix(args) });
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { error: "ValueError", message },
    ]);
  });
});
