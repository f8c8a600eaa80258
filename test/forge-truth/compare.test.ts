import sharp from "sharp";
import { expect, it } from "vitest";
import { differencesOf, missingIn, showPlace } from "./compare/files.ts";
import { comparePictures } from "./compare/pictures.ts";
import { compareWithScreen } from "./compare/screen.ts";

/** A picture of one grey, with one pixel that may differ. */
async function draw(level: number, first = level): Promise<Buffer> {
  const data = Buffer.alloc(4 * 4 * 3, level);
  data[0] = first;
  return sharp(data, { raw: { width: 4, height: 4, channels: 3 } })
    .png()
    .toBuffer();
}

it("a file differs at each place that is missing, one too many or of another value", () => {
  const generated = { a: 1, b: [1, { c: 2 }], d: null, e: "x" };
  const queued = { a: 1, b: [1, { c: 3 }, 4], e: "x", f: true };
  expect(differencesOf(generated, queued).map(({ place }) => showPlace(place))).toEqual([
    "b[1].c",
    "b[2]",
    "d",
    "f",
  ]);
});

it("a screen that was not set is told by what Generate ran", () => {
  const ran = { fields: { steps: 20, styles: ["one"] } };
  expect(missingIn(ran, { fields: { steps: 20, styles: ["one"] } })).toEqual([]);
  expect(missingIn(ran, { fields: { steps: 2, styles: ["two"] } })).toHaveLength(2);
  expect(missingIn(ran, { scripts: { ControlNet: [{ enabled: true }] } })).toHaveLength(1);
});

it("a queued picture is one of Generate's bit by bit", async () => {
  const [one, two, far] = [await draw(100), await draw(100, 103), await draw(100, 101)];
  const exact = await comparePictures([two], [[one], [two]]);
  expect(exact).toEqual({ differences: [], isExact: true });
  const near = await comparePictures([far], [[one], [two]]);
  expect(near).toEqual({ differences: [], isExact: false });
});

it("a queued picture farther off than two Generates are from each other is different", async () => {
  const [one, two, far] = [await draw(100), await draw(100, 101), await draw(110)];
  expect((await comparePictures([far], [[one], [two]])).differences).toHaveLength(1);
  expect((await comparePictures([two], [[one], [one]])).differences).toHaveLength(1);
});

it("another number or another size of pictures is different", async () => {
  const one = await draw(100);
  const small = await sharp(one).resize(2, 2).png().toBuffer();
  expect((await comparePictures([one, one], [[one], [one]])).differences).toHaveLength(1);
  expect((await comparePictures([], [[], []])).differences).toHaveLength(1);
  expect((await comparePictures([small], [[one], [one]])).differences).toHaveLength(1);
});

it("a request is held to the screen field by field and pixel by pixel", async () => {
  const [picture, other] = [await draw(100), await draw(101)];
  const shown = {
    values: {
      steps: 2,
      refiner_checkpoint: "painter",
      units: [{ enabled: true, module: "reference_only", weight: 0.6 }],
    },
    pictures: [
      {
        field: "init_images",
        layer: "colours" as const,
        url: `data:image/png;base64,${picture.toString("base64")}`,
      },
    ],
  };
  const unit = { enabled: true, module: "reference_only", weight: 0.6, image: "…" };
  const body = {
    steps: 2,
    refiner_checkpoint: "Pony/painter.safetensors",
    init_images: [picture.toString("base64")],
    alwayson_scripts: { ControlNet: { args: [unit] } },
  };
  expect(await compareWithScreen(shown, body)).toEqual([]);
  const wrong = {
    steps: 3,
    refiner_checkpoint: "Pony/painter_2.safetensors",
    init_images: [other.toString("base64")],
    alwayson_scripts: { ControlNet: { args: [{ ...unit, weight: 1 }] } },
  };
  expect(await compareWithScreen(shown, wrong)).toHaveLength(4);
});

it("a mask in a request is the layer that was painted, wherever it is more than half opaque", async () => {
  const alpha = Buffer.from([255, 129, 128, 0]);
  const pixels = Buffer.concat([...alpha].map((level) => Buffer.from([9, 9, 9, level])));
  const layer = await sharp(pixels, { raw: { width: 2, height: 2, channels: 4 } })
    .png()
    .toBuffer();
  const mask = (levels: number[]) =>
    sharp(Buffer.from(levels), { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toBuffer();
  const url = `data:image/png;base64,${layer.toString("base64")}`;
  const shown = { values: {}, pictures: [{ field: "mask", layer: "mask" as const, url }] };
  const same = { mask: (await mask([255, 255, 0, 0])).toString("base64") };
  const wrong = { mask: (await mask([255, 0, 0, 0])).toString("base64") };
  expect(await compareWithScreen(shown, same)).toEqual([]);
  expect(await compareWithScreen(shown, wrong)).toHaveLength(1);
  expect(await compareWithScreen(shown, {})).toHaveLength(1);
});
