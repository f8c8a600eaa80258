import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { LivePicture } from "../../../src/images/live-picture.ts";
import type { Result } from "../../../src/job/after/read-result.ts";
import { readResult } from "../../../src/job/after/read-result.ts";
import { isUnharmedPng } from "../../../src/job/after/unharmed-png.ts";
import {
  answerBytes,
  answerOf,
  askedOf,
  failureOf,
  imagesOf,
  infotextOf,
  redCube,
} from "./made-answers.ts";

const SIDE = 1024;
const RAW = { width: SIDE, height: SIDE, channels: 3 } as const;

const black = () => sharp(Buffer.alloc(SIDE * SIDE * 3), { raw: RAW });
const noise = () => sharp(randomBytes(SIDE * SIDE * 3), { raw: RAW });

/** One bit of the pixels' data is another one. */
function harm(png: Buffer): Buffer {
  const harmed = Buffer.from(png);
  const at = harmed.indexOf("IDAT") + 40;
  harmed[at] = (harmed[at] ?? 0) ^ 1;
  return harmed;
}

/** Nonsense in place of the first chunk of pixels, under a checksum that is right. */
function garble(png: Buffer): Buffer {
  const garbled = Buffer.from(png);
  const typeAt = garbled.indexOf("IDAT");
  const end = typeAt + 4 + garbled.readUInt32BE(typeAt - 4);
  garbled.fill(0xff, typeAt + 4, end);
  garbled.writeUInt32BE(crc32(garbled.subarray(typeAt, end)), end);
  return garbled;
}

/** Reads an answer with these pictures, known by their place alone, and which were shown on the way. */
async function read(
  images: readonly Buffer[],
  fields: Record<string, unknown> = {},
): Promise<{ result: Result; shown: number[]; small: LivePicture[] }> {
  const params = redCube({ n_iter: images.length, width: SIDE, height: SIDE });
  const texts = images.map((_, at) => infotextOf(params, { Seed: 1 + at }));
  const good = (await answerOf(params, { texts })) as object;
  const asked = askedOf({ ...params, ...fields }, { writesInfotext: false });
  const body = { ...good, images: images.map((bytes) => bytes.toString("base64")) };
  const shown: number[] = [];
  const small: LivePicture[] = [];
  const result = await readResult(answerBytes(body), asked, (index, picture) => {
    shown.push(index);
    small.push(picture);
  });
  return { result, shown, small };
}

describe("a finished picture", () => {
  it("waits for no decoding of the others: that their checksums are right is enough", async () => {
    const png = await black().png().toBuffer();
    const { result, shown } = await read([png, png, png, png, garble(png)]);
    // The one case in which a finished picture is seen of a job that fails: Forge itself wrote nonsense.
    expect(failureOf(result)?.message).toBe("Picture 5 came damaged from Forge.");
    expect(shown).toEqual(expect.arrayContaining([1, 2, 3]));
    expect(shown).not.toContain(5);
  });

  it("is shown small enough for the socket, once", async () => {
    const png = await black().png().toBuffer();
    const { shown, small } = await read([png, png, png, png, png]);
    expect([...shown].sort()).toEqual([1, 2, 3, 4, 5]);
    for (const picture of small) expect(picture).toMatchObject({ width: 384 });
  });

  it.each([
    ["the first of PNGs", 0, 3],
    ["the last of PNGs", 2, 3],
    ["the only one", 0, 1],
  ])("is not shown where %s came damaged", async (_which, harmed, count) => {
    const png = await black().png().toBuffer();
    const images = Array.from({ length: count }, (_, at) => (at === harmed ? harm(png) : png));
    const { result, shown } = await read(images);
    expect(failureOf(result)?.message).toBe(`Picture ${harmed + 1} came damaged from Forge.`);
    expect(shown).toEqual([]);
  });

  it.each(["jpeg", "webp"] as const)(
    "is not shown where another %s came cut short",
    async (format) => {
      const whole = await noise()[format]().toBuffer();
      const cut = whole.subarray(0, whole.length / 2);
      const { result, shown } = await read([whole, whole]);
      expect([result.ok, shown.sort()]).toEqual([true, [1, 2]]);
      expect(await read([whole, whole, cut])).toMatchObject({ result: { ok: false }, shown: [] });
    },
  );

  it.each([
    ["another number", { n_iter: 3 }],
    ["another seed", { seed: 5 }],
    ["another size", { width: 512 }],
    ["other steps", { steps: 9 }],
  ])("is not shown where %s was asked for", async (_what, fields) => {
    const png = await black().png().toBuffer();
    expect(await read([png, png], fields)).toMatchObject({ result: { ok: false }, shown: [] });
  });

  it("is not shown beside one that cannot be stored", async () => {
    const images = [await black().png().toBuffer(), await black().gif().toBuffer()];
    const { result, shown } = await read(images);
    expect(failureOf(result)).toMatchObject({ reason: "unsupported_format" });
    expect(shown).toEqual([]);
  });
});

/** A gradient from left to right in its red, from top to bottom in its transparency. */
function gradient() {
  const data = Buffer.alloc(SIDE * SIDE * 4);
  for (let at = 0; at < SIDE * SIDE; at++) {
    data.set([(at % SIDE) / 4, 90, 30, 255 - Math.floor(at / SIDE / 8)], at * 4);
  }
  return sharp(data, { raw: { ...RAW, channels: 4 } });
}

describe("a preview", () => {
  it.each([
    ["colours", () => gradient().removeAlpha().png()],
    ["transparency", () => gradient().png()],
    ["16 bits a channel", () => gradient().toColourspace("rgb16").png()],
    ["shades of grey", () => gradient().removeAlpha().greyscale().png()],
    ["grey and transparency", () => gradient().greyscale().png()],
    ["a palette", () => gradient().removeAlpha().png({ palette: true })],
  ])("looks as its picture does: %s", async (_what, make) => {
    const png = await make().toBuffer();
    const { result, small } = await read([png]);
    const [image] = imagesOf(result);
    const seen = async (bytes: Buffer | undefined) =>
      sharp(bytes)
        .resize(8, 8, { fit: "fill" })
        .ensureAlpha()
        .toColourspace("srgb")
        .raw()
        .toBuffer();
    const wanted = await seen(png);
    for (const bytes of [image?.preview.bytes, small[0]?.webp]) {
      const got = await seen(bytes);
      expect(
        Math.max(...got.map((value, at) => Math.abs(value - (wanted[at] ?? -99)))),
      ).toBeLessThan(12);
    }
  });
});

describe("a PNG's checksums", () => {
  it("tell every flipped bit and every cut", async () => {
    const png = await sharp(randomBytes(48), { raw: { width: 4, height: 4, channels: 3 } })
      .png()
      .toBuffer();
    expect(isUnharmedPng(png)).toBe(true);
    for (let at = 0; at < png.length * 8; at++) {
      const flipped = Buffer.from(png);
      flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
      expect(isUnharmedPng(flipped), `bit ${at}`).toBe(false);
    }
    for (let length = 0; length < png.length; length++) {
      expect(isUnharmedPng(png.subarray(0, length)), `${length} bytes`).toBe(false);
    }
  });
});
