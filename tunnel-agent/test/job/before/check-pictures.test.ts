import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { checkPictures } from "../../../src/job/before/check-pictures.ts";
import { Picture } from "../../../src/picture.ts";
import { paramsOf, uploadRef } from "../request/lab-host.ts";

const SIDE = 32;

/** A PNG of one colour with a square of another in the middle, channel by channel. */
function png(colour: number[], square = colour, side = SIDE): Promise<Buffer> {
  const channels = colour.length as 1 | 2 | 3 | 4;
  const isInside = (at: number) => at > side / 4 && at < (side * 3) / 4;
  const rows = Array.from({ length: side * side }, (_, at) =>
    isInside(at % side) && isInside(Math.floor(at / side)) ? square : colour,
  );
  const raw = { width: side, height: side, channels };
  return sharp(Buffer.from(rows.flat()), { raw })
    .toColourspace(channels < 3 ? "b-w" : "srgb")
    .png()
    .toBuffer();
}

/** One white point on black, at one bit a pixel: 8x8, as Pillow writes it. */
const ONE_BIT = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAIAQAAAADsdIMmAAAAEklEQVR4nGNgYGBgYGAQYIACAACgABFYkNu9AAAAAElFTkSuQmCC",
  "base64",
);

/** Checks a job's pictures: the first is upload 1, the next upload 2. */
function check(more: Record<string, unknown>, ...bytes: Buffer[]) {
  const given = bytes.map((one, at) => [uploadRef(at + 1).upload_id, new Picture(one)] as const);
  return checkPictures(paramsOf(more), new Map(given));
}

const inpaint = (more: Record<string, unknown> = {}) => ({
  img2img: { init_image: uploadRef(1), mask: uploadRef(2), ...more },
});
const control = (more: Record<string, unknown>) => ({
  alwayson_scripts: { ControlNet: { args: [{ enabled: false }, { module: "canny", ...more }] } },
});

const RED = [200, 30, 30];
const BLACK = [0];
const WHITE = [255];
const CLEAR_BLACK = [0, 0, 0, 0];
const OPAQUE_BLACK = [0, 0, 0, 255];

describe("the mask of an inpaint", () => {
  it.each([
    ["white on black", BLACK, WHITE, 0],
    ["just bright enough to be rounded up", BLACK, [128], 0],
    ["a colour that is bright enough", [0, 0, 0], [255, 255, 0], 0],
    ["painted by transparency alone, all of it black", CLEAR_BLACK, OPAQUE_BLACK, 0],
    ["of no transparency, painted by brightness", OPAQUE_BLACK, [255, 255, 255, 255], 0],
    ["grey and painted in white on transparency", [255, 0], [255, 255], 0],
    ["grey and painted by transparency alone, all of it black", [0, 0], [0, 255], 0],
    ["grey of no transparency, painted by brightness", [0, 255], [255, 255], 0],
    ["black where it is inverted", WHITE, BLACK, 1],
    ["transparent where it is inverted", OPAQUE_BLACK, CLEAR_BLACK, 1],
  ])("is taken when it is %s", async (_, colour, square, inpainting_mask_invert) => {
    const job = inpaint({ inpainting_mask_invert });
    const checked = await check(job, await png(RED), await png(colour, square));
    expect(checked).toHaveProperty("pictures.size", 2);
  });

  it.each([
    ["all black", BLACK, BLACK, 0],
    ["too dark to be rounded up", BLACK, [127], 0],
    ["a colour that is too dark", [0, 0, 0], [255, 0, 0], 0],
    ["all transparent, white as it is", [255, 255, 255, 0], [255, 255, 255, 0], 0],
    ["grey and all transparent, white as it is", [255, 0], [255, 0], 0],
    ["too transparent", [255, 255, 255, 0], [255, 255, 255, 128], 0],
    ["all white and inverted", WHITE, WHITE, 1],
    ["all opaque but a little, and inverted", [0, 0, 0, 255], [0, 0, 0, 200], 1],
  ])("stops the job when it is %s: Forge would repaint all, or nothing", async (...row) => {
    const [, colour, square, inpainting_mask_invert] = row;
    const job = inpaint({ inpainting_mask_invert });
    const found = await check(job, await png(RED), await png(colour, square));
    expect(found).toMatchObject({ kind: "user", reason: "blank_mask", field: "img2img.mask" });
  });

  it("has the picture's size where only the masked part is repainted, or the wrong part would be", async () => {
    const small = await png(BLACK, WHITE, SIDE / 2);
    const found = await check(inpaint({ inpaint_full_res: true }), await png(RED), small);
    expect(found).toMatchObject({ reason: "invalid_job", field: "img2img.mask" });
    expect(found).toHaveProperty(
      "message",
      expect.stringContaining("16x16 pixels, the picture 32x32"),
    );
    expect(await check(inpaint(), await png(RED), small)).toHaveProperty("pictures.size", 2);
  });
});

describe("a picture that cannot be read", () => {
  const words = Buffer.from("no picture");
  it.each([
    ["img2img.init_image", { img2img: { init_image: uploadRef(1) } }],
    ["alwayson_scripts.ControlNet.args.1.image", control({ image: uploadRef(1) })],
    ["script.args", { script: { name: "gone", args: [{ deep: uploadRef(1) }] } }],
    ["alwayson_scripts.Other.args", { alwayson_scripts: { Other: { args: [uploadRef(1)] } } }],
  ])("stops the job by its field %s", async (field, job) => {
    expect(await check(job, words)).toMatchObject({ kind: "user", reason: "bad_image", field });
  });

  it("stops the job by the mask", async () => {
    const found = await check(inpaint(), await png(RED), words);
    expect(found).toMatchObject({ reason: "bad_image", field: "img2img.mask" });
  });

  it.each(["png", "jpeg", "webp"] as const)("may be a %s that ends too early", async (format) => {
    const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
    const image = sharp({
      create: { width: 200, height: 200, channels: 3, background: "red", noise },
    });
    const bytes = await image.toFormat(format).toBuffer();
    const job = { img2img: { init_image: uploadRef(1) } };
    expect(await check(job, bytes)).toHaveProperty("inputSize", { width: 200, height: 200 });
    const cut = bytes.subarray(0, bytes.length / 2);
    expect(await check(job, cut)).toMatchObject({ reason: "bad_image" });
  });

  it("does no harm where nothing is made of it", async () => {
    const off = {
      alwayson_scripts: { ControlNet: { args: [{ enabled: false, image: uploadRef(1) }] } },
    };
    expect(await check(off, words)).toHaveProperty("pictures.size", 0);
  });
});

describe("a picture for ControlNet", () => {
  it.each([
    ["grey that is not quite black", [5]],
    ["black with a transparency that Forge counts as well", OPAQUE_BLACK],
  ])("may be %s", async (_, colour) => {
    const checked = await check(control({ image: uploadRef(1) }), await png(colour));
    expect(checked).toHaveProperty("pictures.size", 1);
  });

  it("is not all black, as Forge would go on without it and say nothing", async () => {
    const found = await check(control({ image: uploadRef(1) }), await png([4, 4, 4]));
    expect(found).toMatchObject({
      reason: "bad_image",
      field: "alwayson_scripts.ControlNet.args.1.image",
      message: expect.stringContaining("ControlNet unit 1 is all black"),
    });
  });

  it("has a mask that is not all black, as Forge would go on without that", async () => {
    const job = control({ image: uploadRef(1), mask_image: uploadRef(2) });
    const found = await check(job, await png(RED), await png([5]));
    const field = "alwayson_scripts.ControlNet.args.1.mask_image";
    expect(found).toMatchObject({ reason: "blank_mask", field });
    expect(await check(job, await png(RED), await png([6]))).toHaveProperty("pictures.size", 2);
  });
});

describe("the pictures that are sent", () => {
  const sent = async (bytes: Buffer) => {
    const checked = await check(control({ image: uploadRef(1) }), bytes);
    if ("reason" in checked) throw new Error(checked.message);
    return checked.pictures.get(uploadRef(1).upload_id)?.bytes ?? Buffer.alloc(0);
  };

  it.each(["png", "jpeg", "webp"] as const)("are the very bytes of a plain %s", async (format) => {
    const bytes = await sharp(await png(RED))
      .toFormat(format)
      .toBuffer();
    expect(Buffer.from(await sent(bytes)).equals(bytes)).toBe(true);
  });

  it("are stored anew where Forge would misread them, and look the same", async () => {
    const grey = sharp(await png([60], [200]));
    const odd = {
      palette: await sharp(await png(RED, [10, 20, 30]))
        .png({ palette: true })
        .toBuffer(),
      oneBit: ONE_BIT,
      greyAndAlpha: await png([60, 255], [200, 100]),
      deepGrey: await grey.clone().toColourspace("grey16").png().toBuffer(),
      cmyk: await sharp(await png(RED))
        .toColourspace("cmyk")
        .jpeg()
        .toBuffer(),
    };
    for (const [kind, bytes] of Object.entries(odd)) {
      const now = await sent(bytes);
      const { format, isPalette, channels, depth, space, bitsPerSample } =
        await sharp(now).metadata();
      expect({ kind, format, isPalette, depth, bitsPerSample }).toEqual({
        kind,
        format: "png",
        isPalette: false,
        depth: "uchar",
        bitsPerSample: 8,
      });
      expect([kind, channels === 2 || space === "cmyk"]).toEqual([kind, false]);
      const seen = async (one: Uint8Array) =>
        await sharp(one).ensureAlpha().toColourspace("srgb").raw().toBuffer();
      expect([kind, (await seen(now)).equals(await seen(bytes))]).toEqual([kind, true]);
    }
  });

  it("keep the transparency of a grey mask, in the form in which Forge looks at it", async () => {
    const mask = await png([255, 0], [255, 255]);
    const checked = await check(inpaint(), await png(RED), mask);
    if ("reason" in checked) throw new Error(checked.message);
    const now = checked.pictures.get(uploadRef(2).upload_id)?.bytes ?? Buffer.alloc(0);
    const { data, info } = await sharp(now).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    const alphaAt = (x: number, y: number) => data[(y * SIDE + x) * 4 + 3];
    expect([alphaAt(0, 0), alphaAt(SIDE / 2, SIDE / 2)]).toEqual([0, 255]);
  });

  it("go to a script as they are: it alone knows how it reads them", async () => {
    const job = { script: { name: "any", args: [uploadRef(1)] } };
    const checked = await check(job, ONE_BIT);
    const picture = "reason" in checked ? null : checked.pictures.get(uploadRef(1).upload_id);
    expect(Buffer.from(picture?.bytes ?? []).equals(ONE_BIT)).toBe(true);
  });

  it("have the size that is seen, where the camera was held on its side", async () => {
    const wide = await sharp(await png(RED))
      .resize(40, 20, { fit: "fill" })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const checked = await check({ img2img: { init_image: uploadRef(1) } }, wide);
    expect(checked).toHaveProperty("inputSize", { width: 20, height: 40 });
  });

  it("are none of a job without pictures", async () => {
    expect(await check({})).toEqual({ pictures: new Map(), inputSize: null });
  });
});
