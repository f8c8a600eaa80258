import sharp from "sharp";
import { expect, it } from "vitest";
import { comparePictures } from "./compare.ts";
import { drawInputs } from "./input-pictures.ts";
import { spreadOf } from "./pictures.ts";

/** A grey PNG with a text in it, as Forge writes one. */
async function paint(level: number, text: string, width = 16): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  const create = { width, height: 16, channels: 3, background } as const;
  const png = await sharp({ create }).png().toBuffer();
  const body = Buffer.from(`parameters\0${text}`, "latin1");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  // Readers of the text do not look at the sum.
  const chunk = Buffer.concat([length, Buffer.from("tEXt"), body, Buffer.alloc(4)]);
  const end = png.length - 12;
  return Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)]);
}

it("nothing is said of the same bytes", async () => {
  const picture = await paint(90, "Steps: 2");
  expect(await comparePictures([picture, picture], [picture, picture])).toEqual([]);
});

it("one level of one pixel is a difference, and so is one letter of the text", async () => {
  const picture = await paint(90, "Steps: 2");
  expect(await comparePictures([await paint(91, "Steps: 2")], [picture])).toEqual([
    "picture 1: it differs from the direct one by 1.00 of 255 on the average, 1 at most",
  ]);
  expect(await comparePictures([picture, await paint(90, "Steps: 3")], [picture, picture])).toEqual(
    ['picture 2: the text in it is "Steps: 3", directly "Steps: 2"'],
  );
});

it("another number of pictures and another size are told as such", async () => {
  const picture = await paint(90, "Steps: 2");
  expect(await comparePictures([picture], [])).toEqual([
    "the job has 1 pictures, and directly there are 0",
  ]);
  expect(await comparePictures([await paint(90, "Steps: 2", 24)], [picture])).toEqual([
    "picture 1: it has another size than directly",
  ]);
});

it("what equal direct calls differ by is granted, but not more, and never in the text", async () => {
  const pictures = await Promise.all([90, 92, 91].map((level) => paint(level, "Steps: 2")));
  const spread = await spreadOf(pictures);
  expect(spread).toEqual({ mean: 2, greatest: 2 });
  const first = pictures.slice(0, 1);
  expect(await comparePictures([await paint(92, "Steps: 2")], first, spread)).toEqual([]);
  expect(await comparePictures([await paint(93, "Steps: 2")], first, spread)).toEqual([
    "picture 1: it differs from the direct one by 3.00 of 255 on the average, 3 at most, and equal direct calls by 2.00 of 255 on the average, 2 at most",
  ]);
  expect(await comparePictures([await paint(92, "Steps: 3")], first, spread)).toHaveLength(1);
});

it("the input pictures are the same bytes each time", async () => {
  expect(await drawInputs()).toEqual(await drawInputs());
});
