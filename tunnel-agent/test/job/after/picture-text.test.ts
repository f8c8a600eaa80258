import * as fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { addExifToJpeg, addExifToWebp, createExif } from "../../../demo-forge/exif.ts";
import { encodePng } from "../../../demo-forge/png.ts";
import { openPicture } from "../../../src/job/after/open-picture.ts";
import { recorded } from "./recorded.ts";

const PIXELS = { data: Buffer.alloc(8 * 8 * 3), width: 8, height: 8 };
const raw = () => sharp(PIXELS.data, { raw: { width: 8, height: 8, channels: 3 } });

const WRITERS: Record<string, (text: string) => Promise<Buffer>> = {
  png: (text) => encodePng(PIXELS, text),
  jpeg: async (text) => addExifToJpeg(await raw().jpeg().toBuffer(), createExif(text)),
  webp: async (text) => addExifToWebp(await raw().webp().toBuffer(), createExif(text), 8, 8),
};

const textIn = async (bytes: Buffer) => (await openPicture(bytes))?.text;

interface Recorded {
  readonly images: readonly string[];
  readonly info: string;
}

describe("the infotext in a picture", () => {
  it.each([
    "generate/steps_1",
    "generate/prompt_latin1",
    "generate/prompt_unicode",
    "generate/prompt_newlines",
    "generate/saved_single",
    "generate/format_jpg",
    "generate/format_webp",
    "generate/n_iter2_batch2",
  ])("is read letter by letter as a real Forge wrote it in %s", async (name) => {
    const { images, info } = recorded(name).body as Recorded;
    const texts = await Promise.all(images.map((one) => textIn(Buffer.from(one, "base64"))));
    expect(texts).toEqual(JSON.parse(info).infotexts);
  });

  it.each(Object.keys(WRITERS))(
    "is read back from a %s whatever its letters are",
    async (format) => {
      const text = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).map((one) => {
        // A prompt holds no NUL, which ends a PNG's keyword.
        return one.replaceAll("\0", " ").toWellFormed();
      });
      await fc.assert(
        fc.asyncProperty(text, async (written) => {
          const bytes = await WRITERS[format]?.(written);
          expect(await textIn(bytes ?? Buffer.alloc(0))).toBe(written);
        }),
        { numRuns: 50 },
      );
    },
  );

  // The Latin-1 bytes of this prompt are a well-formed UTF-8 text, another one.
  it("is not taken for UTF-8 where it is Latin-1", async () => {
    expect(await textIn(await encodePng(PIXELS, "cafÃ©\nSeed: 1"))).toBe("cafÃ©\nSeed: 1");
  });

  it.each([
    ["a PNG without one", () => encodePng(PIXELS, null)],
    ["a JPEG with an empty comment", () => WRITERS.jpeg?.("")],
    ["a WebP with an empty comment", () => WRITERS.webp?.("")],
    ["a JPEG without EXIF", () => raw().jpeg().toBuffer()],
  ])("is none in %s", async (_kind, make) => {
    expect(await textIn((await make()) ?? Buffer.alloc(0))).toBeNull();
  });

  it("is none in what is no picture, and that is no picture", async () => {
    expect(await openPicture(Buffer.from("no picture"))).toBeNull();
    expect(await openPicture(Buffer.alloc(0))).toBeNull();
  });
});
