import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { isBorderKept, isNear, PicturesSeen } from "./pictures-seen.ts";
import { loadExchange } from "./recording.ts";

const SIDE = 16;

/** A small PNG of one or two colours, in base64; `level` is the red of its first pixel. */
async function draw(red: number, level = red): Promise<string> {
  const pixels = Buffer.alloc(SIDE * SIDE * 3, red);
  pixels[0] = level;
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  return (await sharp(pixels, { raw }).png().toBuffer()).toString("base64");
}

const imagesOf = (id: string) => (loadExchange(id).response.body as { images: string[] }).images;

/** Notes two cases, and resolves with what the second one breaks. */
async function relate(recorded: [string, string], fresh: [string, string]): Promise<string[]> {
  const seen = new PicturesSeen();
  await seen.note("one", [recorded[0]], [fresh[0]]);
  return seen.note("two", [recorded[1]], [fresh[1]]);
}

describe("pictures of one run", () => {
  it("are equal where the recordings' are, and only there", async () => {
    const [dark, light] = [await draw(10, 0), await draw(200, 0)];
    expect(await relate([dark, dark], [light, light])).toEqual([]);
    expect(await relate([dark, light], [light, dark])).toEqual([]);
    expect(await relate([dark, dark], [dark, light])).toEqual([
      "two images[0]: is not the same as one images[0]",
    ]);
    expect(await relate([dark, light], [dark, dark])).toEqual([
      "two images[0]: is the same as one images[0], but not in the recordings",
    ]);
  });

  it("may be equal or not where the recordings differ in some last bits only", async () => {
    const [one, alike] = [imagesOf("generate/steps_1"), imagesOf("generate/n_iter2_batch2")];
    const [dark, light] = [await draw(10, 0), await draw(200, 0)];
    const pair: [string, string] = [one[0] ?? "", alike[0] ?? ""];
    expect(await relate(pair, [dark, dark])).toEqual([]);
    expect(await relate(pair, [dark, light])).toEqual([]);
  });

  it("say nothing by their equality when each has one colour, and are named then", async () => {
    const seen = new PicturesSeen();
    const black = await draw(0);
    await seen.note("one", [await draw(10, 0)], [black]);
    expect(await seen.note("two", [await draw(200, 0)], [black])).toEqual([]);
    expect(seen.blank).toEqual(["one images[0]", "two images[0]"]);
  });

  it("of another size are others", async () => {
    const small = await draw(10, 0);
    const large = (await sharp(Buffer.from(small, "base64")).resize(32).png().toBuffer()).toString(
      "base64",
    );
    expect(await relate([small, small], [small, large])).toHaveLength(1);
  });
});

describe("pictures of img2img", () => {
  it("are near when they differ in little, and not when they show something else", async () => {
    expect(await isNear(await draw(100), await draw(103))).toBe(true);
    expect(await isNear(await draw(100), await draw(110))).toBe(false);
  });

  it("keep their border around a mask, and lose it under a blank one", async () => {
    const { request } = loadExchange("img2img/mask");
    const [init = ""] = (request.body as { init_images: string[] }).init_images;
    expect(await isBorderKept(imagesOf("img2img/mask")[0] ?? "", init)).toBe(true);
    expect(await isBorderKept(imagesOf("img2img/mask_black")[0] ?? "", init)).toBe(false);
  });
});
