import { gunzipSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readParameters } from "../../demo-forge/png.ts";
import { type StartedForge, startForge } from "./started-forge.ts";

const SOON = { timeout: 10_000, interval: 5 };

const describeImages = (images: Buffer[]) =>
  Promise.all(
    images.map(async (image) => {
      const { width, height, channels } = await sharp(image).metadata();
      const text = await readParameters(image);
      return `${width}x${height} ${channels === 4 ? "RGBA" : "RGB"}${text === "" ? "" : " text"}`;
    }),
  );

/** Reads the text that the last bits of the alpha channel hold, column by column. */
async function readHiddenText(image: Buffer | undefined): Promise<string> {
  const { data, info } = await sharp(image)
    .extractChannel("alpha")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const bits = Array.from({ length: data.length }, (_, index) => {
    const place = (index % info.height) * info.width + Math.floor(index / info.height);
    return (data[place] ?? 0) & 1;
  });
  const bytes = Buffer.alloc(bits.length / 8);
  for (const [index, bit] of bits.entries()) {
    bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (bit << (7 - (index & 7)));
  }
  expect(bytes.subarray(0, 15).toString("latin1")).toBe("stealth_pngcomp");
  const length = bytes.readUInt32BE(15) / 8;
  return gunzipSync(bytes.subarray(19, 19 + length)).toString("utf8");
}

async function paint(width: number, height: number, background: string): Promise<string> {
  const create = { width, height, channels: 3, background } as const;
  return (await sharp({ create }).png().toBuffer()).toString("base64");
}

describe("save_images", () => {
  it("puts a grid in front of several pictures and makes every PNG RGBA", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.txt2img({ save_images: true, batch_size: 2, n_iter: 2 });
    expect(await describeImages(images)).toEqual([
      "128x128 RGBA text",
      ...Array.from({ length: 4 }, () => "64x64 RGBA text"),
    ]);
    expect(info.index_of_first_image).toBe(1);
    expect(info.infotexts.map((text) => /Seed: (\d+)/.exec(text)?.[1])).toEqual("11234".split(""));
  });

  it("leaves one picture alone, and hides its infotext in the alpha channel", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.txt2img({ save_images: true, width: 256, height: 128 });
    expect(await describeImages(images)).toEqual(["256x128 RGBA text"]);
    expect(info.index_of_first_image).toBe(0);
    expect(await readHiddenText(images[0])).toBe(info.infotexts[0]);
    const unsaved = await forge.txt2img({ width: 256, height: 128 });
    const pixels = (image: Buffer | undefined) => sharp(image).removeAlpha().raw().toBuffer();
    expect(await pixels(images[0])).toEqual(await pixels(unsaved.images[0]));
  });

  it.each([
    [{ return_grid: false }, ["64x64 RGBA text", "64x64 RGBA text"]],
    [{ stealth_pnginfo_option: "None" }, ["128x64 RGBA text", "64x64 RGB text", "64x64 RGB text"]],
    [{ enable_pnginfo: false }, ["128x64 RGBA", "64x64 RGB", "64x64 RGB"]],
    [{ samples_save: false }, ["128x64 RGBA text", "64x64 RGB text", "64x64 RGB text"]],
  ])("with the option %j gives %j", async (options, expected) => {
    const forge = await startForge({ timeScale: 0 });
    await forge.ask("/sdapi/v1/options", options);
    const { images } = await forge.txt2img({ save_images: true, batch_size: 2 });
    expect(await describeImages(images)).toEqual(expected);
  });

  it("of an interrupted job writes nothing: the pictures stay RGB behind their grid", async () => {
    const forge = await startForge({ faults: { hangAtStep: 1 } });
    const answer = forge.txt2img({ save_images: true, batch_size: 2, steps: 5 });
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.clear();
    expect(await describeImages((await answer).images)).toEqual([
      "128x64 RGBA text",
      "64x64 RGB text",
      "64x64 RGB text",
    ]);
  });

  it("on a JPEG host gives JPEG files, the grid too", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.ask("/sdapi/v1/options", { samples_format: "jpg" });
    const { images } = await forge.txt2img({ save_images: true, batch_size: 2 });
    const formats = await Promise.all(
      images.map(async (image) => (await sharp(image).metadata()).format),
    );
    expect(formats).toEqual(["jpeg", "jpeg", "jpeg"]);
  });
});

describe("return_mask and return_mask_composite", () => {
  const returning = { return_mask: true, return_mask_composite: true };

  it("put their pictures without a text behind each result, the grid in front of all", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.img2img({
      init_images: [await paint(128, 96, "#0f0")],
      mask: await paint(128, 96, "#fff"),
      inpainting_fill: 1,
      batch_size: 2,
      save_images: true,
      override_settings: returning,
    });
    expect(await describeImages(images)).toEqual([
      "384x192 RGBA text",
      ...[1, 2].flatMap(() => ["128x96 RGBA text", "128x96 RGB", "128x96 RGBA"]),
    ]);
    expect([info.infotexts.length, info.index_of_first_image]).toEqual([3, 1]);
  });

  it("show the mask as it was used, and the repainted part alone", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images } = await forge.img2img({
      init_images: [await paint(64, 64, "#0f0")],
      mask: await paint(64, 64, "#000"),
      inpainting_mask_invert: 1,
      inpaint_full_res: false,
      override_settings: returning,
    });
    const { channels: mask } = await sharp(images[1]).stats();
    expect(mask[0]?.min).toBeGreaterThan(250);
    const { channels: composite } = await sharp(images[2]).stats();
    expect(composite[3]?.min).toBeGreaterThan(250);
  });
});

describe("the format of an answer", () => {
  it("is the host's at the moment of encoding: a waiting job's override reaches back", async () => {
    const forge = await startForge();
    await forge.ask("/sdapi/v1/options", { samples_format: "png" });
    forge.faults.set({ hangAtStep: 0 });
    const size = { width: 1024, height: 1024, batch_size: 2 };
    const first = forge.txt2img(size);
    await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
    const second = forge.txt2img({ override_settings: { samples_format: "jpg" }, steps: 40 });
    await untilQueued(forge);
    forge.faults.clear();
    const formats = await Promise.all(
      (await first).images.map(async (image) => (await sharp(image).metadata()).format),
    );
    expect(formats).toContain("jpeg");
    const own = await sharp((await second).images[0]).metadata();
    expect(own.format).toBe("png");
  });

  it("leaves pictures out with send_images false, and keeps every text", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.txt2img({ send_images: false, batch_size: 2 });
    expect([images.length, info.infotexts.length]).toEqual([0, 2]);
  });
});

async function untilQueued(forge: StartedForge): Promise<void> {
  await expect.poll(() => forge.read("/internal/pending-tasks"), SOON).toMatchObject({ size: 1 });
}
