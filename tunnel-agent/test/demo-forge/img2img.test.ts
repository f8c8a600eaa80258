import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { startForge } from "./started-forge.ts";

/** A one-coloured PNG. */
function paint(width: number, height: number, background: string): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A black mask with a white box. */
async function paintMask(width: number, height: number, box: [number, number, number, number]) {
  const [left, top, wide, high] = box;
  const white = { create: { width: wide, height: high, channels: 3, background: "#fff" } } as const;
  const input = await sharp(white).png().toBuffer();
  const black = sharp(await paint(width, height, "#000"));
  return (await black.composite([{ input, left, top }]).png().toBuffer()).toString("base64");
}

/** The mean difference (0 to 255) of two pictures of one size, within a box. */
async function differenceOf(
  one: Buffer | undefined,
  other: Buffer | undefined,
  box?: [number, number, number, number],
): Promise<number> {
  const read = (image: Buffer | undefined) => {
    const pixels = sharp(image).removeAlpha();
    if (!box) return pixels.raw().toBuffer();
    const [left, top, width, height] = box;
    return pixels.extract({ left, top, width, height }).raw().toBuffer();
  };
  const [a, b] = await Promise.all([read(one), read(other)]);
  if (a.length !== b.length) throw new Error("The pictures differ in size");
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

const SIZE = { width: 128, height: 128, steps: 8 };

describe("img2img", () => {
  it("shows the init picture the clearer, the lower denoising_strength is", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init = await paint(128, 128, "#00ff00");
    const init_images = [init.toString("base64")];
    const away: number[] = [];
    for (const denoising_strength of [0, 0.3, 0.6, 1]) {
      const { images } = await forge.img2img({ ...SIZE, init_images, denoising_strength });
      away.push(await differenceOf(images[0], init));
    }
    expect(away[0]).toBe(0);
    expect([...away].sort((a, b) => a - b)).toEqual(away);
    const { images } = await forge.img2img({ ...SIZE, init_images, denoising_strength: 1 });
    const { images: drawn } = await forge.txt2img(SIZE);
    expect(await differenceOf(images[0], drawn[0])).toBe(0);
  });

  it("runs only the steps that its strength leaves, and names it in the infotext", async () => {
    const forge = await startForge();
    const init_images = [(await paint(64, 64, "#00f")).toString("base64")];
    const { info } = await forge.img2img({ steps: 20, init_images, denoising_strength: 0.5 });
    expect(forge.jobs[0]).toMatchObject({ kind: "img2img", stepsDone: 11 });
    expect(info.infotexts[0]).toMatch(/Steps: 20, .*Denoising strength: 0\.5, Version: demo/);
    expect(info.denoising_strength).toBe(0.5);
  });

  it("takes data URLs, echoes no picture unless asked, and uses one init picture for each", async () => {
    const forge = await startForge({ timeScale: 0 });
    const [red, blue] = await Promise.all([paint(64, 64, "#f00"), paint(64, 64, "#00f")]);
    const url = `data:image/png;base64,${red.toString("base64")}`;
    const fields = { init_images: [url, blue.toString("base64")], denoising_strength: 0 };
    const { images, parameters } = await forge.img2img({ ...fields, batch_size: 2 });
    expect(await differenceOf(images[0], red)).toBe(0);
    expect(await differenceOf(images[1], blue)).toBe(0);
    expect(parameters).toMatchObject({ init_images: null, mask: null });
    const echoed = await forge.img2img({ ...fields, batch_size: 2, include_init_images: true });
    expect(echoed.parameters.init_images).toEqual(fields.init_images);
  });

  it("refuses more init pictures than batch_size after the job has begun", async () => {
    const forge = await startForge();
    const init = (await paint(64, 64, "#f00")).toString("base64");
    const response = await forge.post("/sdapi/v1/img2img", { init_images: [init, init] });
    expect([response.status, await response.json()]).toEqual([
      500,
      {
        error: "RuntimeError",
        detail: "",
        body: "",
        message: "bad number of images passed: 2; expecting 1 or less",
      },
    ]);
    expect(forge.jobs[0]?.state).toBe("failed");
  });

  it.each([
    [0, "stretches"],
    [1, "cuts"],
    [2, "pads"],
    [3, "stretches"],
  ] as const)("resize_mode %i %s the init picture to the asked size", async (resize_mode, verb) => {
    const forge = await startForge({ timeScale: 0 });
    // Twice as wide as asked for, with a blue quarter at its left end.
    const input = await paint(32, 64, "#00f");
    const flag = sharp(await paint(128, 64, "#f00")).composite([{ input, left: 0, top: 0 }]);
    const init_images = [(await flag.png().toBuffer()).toString("base64")];
    const fields = { width: 64, height: 64, init_images, denoising_strength: 0, resize_mode };
    const { images } = await forge.img2img(fields);
    const { data, info } = await sharp(images[0]).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([64, 64]);
    const isBlueAt = (x: number, y: number) => (data[(y * 64 + x) * 3 + 2] ?? 0) > 200;
    const expected = { stretches: [true, true], cuts: [false, false], pads: [true, false] };
    expect([isBlueAt(4, 32), isBlueAt(4, 3)]).toEqual(expected[verb]);
  });

  it("answers a mask that is no picture before the job waits for its turn", async () => {
    const forge = await startForge();
    const init_images = [(await paint(64, 64, "#f00")).toString("base64")];
    const response = await forge.post("/sdapi/v1/img2img", { init_images, mask: "not base64!" });
    expect([response.status, await response.json()]).toEqual([
      500,
      { detail: "Invalid encoded image" },
    ]);
    expect(await forge.read("/internal/pending-tasks")).toEqual({ size: 0, tasks: [] });
  });
});

describe("inpainting", () => {
  const whole = { inpaint_full_res: false, inpainting_fill: 1, denoising_strength: 0.9 };

  it("repaints inside the white of the mask and leaves every other pixel as it was", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init = await paint(128, 128, "#00ff00");
    const init_images = [init.toString("base64")];
    const mask = await paintMask(128, 128, [32, 32, 64, 64]);
    const { images, info } = await forge.img2img({ ...SIZE, ...whole, init_images, mask });
    expect(await differenceOf(images[0], init, [40, 40, 48, 48])).toBeGreaterThan(30);
    expect(await differenceOf(images[0], init, [0, 0, 128, 16])).toBe(0);
    expect(info.extra_generation_params).toEqual({ "Denoising strength": 0.9, "Mask blur": 4 });
    const inverted = { ...SIZE, ...whole, init_images, mask, inpainting_mask_invert: 1 };
    const outside = await forge.img2img(inverted);
    expect(await differenceOf(outside.images[0], init, [48, 48, 32, 32])).toBe(0);
    expect(await differenceOf(outside.images[0], init, [0, 0, 128, 16])).toBeGreaterThan(30);
    expect(outside.info.infotexts[0]).toMatch(/Mask mode: Inpaint not masked/);
  });

  it("uses a transparent mask's alpha, not its colours", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init = await paint(128, 128, "#00ff00");
    const box = await sharp(await paint(64, 64, "#000"))
      .png()
      .toBuffer();
    const clear = {
      create: { width: 128, height: 128, channels: 4, background: "#ffffff00" },
    } as const;
    const mask = await sharp(clear)
      .composite([{ input: box, left: 32, top: 32 }])
      .png()
      .toBuffer();
    const { images } = await forge.img2img({
      ...SIZE,
      ...whole,
      init_images: [init.toString("base64")],
      mask: mask.toString("base64"),
    });
    expect(await differenceOf(images[0], init, [40, 40, 48, 48])).toBeGreaterThan(30);
    expect(await differenceOf(images[0], init, [0, 0, 128, 16])).toBe(0);
  });

  it("of the masked part only keeps the init picture's size and draws into the mask's box", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init = await paint(192, 256, "#00ff00");
    const { images, info } = await forge.img2img({
      ...SIZE,
      init_images: [init.toString("base64")],
      mask: await paintMask(192, 256, [64, 96, 48, 48]),
      denoising_strength: 1,
      mask_blur: 2,
      inpaint_full_res_padding: 16,
    });
    expect(await differenceOf(images[0], init, [70, 102, 36, 36])).toBeGreaterThan(30);
    expect(await differenceOf(images[0], init, [0, 0, 192, 80])).toBe(0);
    expect(info.extra_generation_params).toEqual({
      "Denoising strength": 1,
      "Mask blur": 2,
      "Inpaint area": "Only masked",
      "Masked area padding": 16,
      "Masked content": "fill",
    });
  });

  it("with a blank mask and the default of only the masked part repaints everything", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init = await paint(128, 128, "#00ff00");
    const fields = { ...SIZE, init_images: [init.toString("base64")], denoising_strength: 0.5 };
    const mask = (await paint(128, 128, "#000")).toString("base64");
    const blank = await forge.img2img({ ...fields, mask });
    const plain = await forge.img2img(fields);
    expect(await differenceOf(blank.images[0], plain.images[0])).toBe(0);
    expect(blank.info.extra_generation_params).toEqual({
      "Denoising strength": 0.5,
      "Mask blur": 4,
    });
  });

  it("of the masked part only gives the init picture's size, whatever size is drawn", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init_images = [(await paint(128, 96, "#00ff00")).toString("base64")];
    const mask = await paintMask(128, 96, [16, 16, 32, 32]);
    const fields = { init_images, mask, inpainting_fill: 1 };
    const { images, info } = await forge.img2img(fields);
    const size = await sharp(images[0]).metadata();
    expect([size.width, size.height]).toEqual([128, 96]);
    expect([info.width, info.height]).toEqual([64, 64]);
    const whole = await forge.img2img({ ...fields, inpaint_full_res: false });
    expect((await sharp(whole.images[0]).metadata()).width).toBe(64);
  });

  it("names its blur only when both sides have the same", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init_images = [(await paint(64, 64, "#00ff00")).toString("base64")];
    const mask = await paintMask(64, 64, [16, 16, 32, 32]);
    const fields = { init_images, mask, inpainting_fill: 1, mask_blur_x: 2 };
    const differing = await forge.img2img({ ...fields, mask_blur_y: 6 });
    expect(differing.info.extra_generation_params).toMatchObject({ "Mask blur": null });
    expect(differing.info.infotexts[0]).not.toMatch(/Mask blur/);
    const one = await forge.img2img({ ...fields, mask_blur: 3 });
    expect(one.info.extra_generation_params).toMatchObject({ "Mask blur": 3 });
  });

  it.each([
    [0, "fill"],
    [1, undefined],
    [2, "latent noise"],
    [3, "latent nothing"],
    [4, undefined],
  ])(
    "with inpainting_fill %i says %s about the masked content",
    async (inpainting_fill, content) => {
      const forge = await startForge({ timeScale: 0 });
      const input = await paint(32, 64, "#00f");
      const flag = sharp(await paint(64, 64, "#f00")).composite([{ input, left: 0, top: 0 }]);
      const init_images = [(await flag.png().toBuffer()).toString("base64")];
      const mask = await paintMask(64, 64, [16, 16, 32, 32]);
      const fields = { init_images, mask, inpaint_full_res: false, denoising_strength: 0.3 };
      const { images, info } = await forge.img2img({ ...fields, inpainting_fill });
      expect((info.extra_generation_params as object)["Masked content" as never]).toBe(content);
      const original = await forge.img2img({ ...fields, inpainting_fill: 1 });
      const isOriginal = (await differenceOf(images[0], original.images[0])) === 0;
      expect(isOriginal).toBe(content === undefined);
    },
  );

  it("has another picture for each resize mode when the sides do not fit", async () => {
    const forge = await startForge({ timeScale: 0 });
    const wide = sharp(await paint(96, 64, "#0a4")).composite([
      { input: await paint(24, 24, "#d22"), left: 8, top: 30 },
    ]);
    const init_images = [(await wide.png().toBuffer()).toString("base64")];
    const pictures = await Promise.all(
      [0, 1, 2, 3].map(async (resize_mode) => {
        const { images } = await forge.img2img({ init_images, resize_mode });
        return images[0]?.toString("base64");
      }),
    );
    expect(new Set(pictures).size).toBe(4);
  });

  it("under a latent upscale keeps the rest unscaled, from the upper left corner", async () => {
    const forge = await startForge({ timeScale: 0 });
    // Only the upper left quarter of the init picture is blue.
    const input = await paint(64, 64, "#00f");
    const flag = sharp(await paint(128, 128, "#f00")).composite([{ input, left: 0, top: 0 }]);
    const init_images = [(await flag.png().toBuffer()).toString("base64")];
    const mask = await paintMask(128, 128, [120, 120, 8, 8]);
    const fields = { init_images, mask, inpaint_full_res: false, inpainting_fill: 1, mask_blur: 0 };
    const { images } = await forge.img2img({ ...fields, resize_mode: 3 });
    const [red, , blue] = (await sharp(images[0]).stats()).channels;
    expect(blue?.mean).toBeGreaterThan(230);
    expect(red?.mean).toBeLessThan(20);
  });

  it("with fewer init pictures than batch_size makes only so many, with the seeds of all", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init = (await paint(64, 64, "#00ff00")).toString("base64");
    const { images, info } = await forge.img2img({ init_images: [init, init], batch_size: 3 });
    expect([images.length, info.infotexts.length]).toEqual([2, 2]);
    expect(info).toMatchObject({ batch_size: 2, all_seeds: [1, 2, 3] });
  });
});
