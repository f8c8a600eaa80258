import { LIMITS } from "@mobilesd/contract";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { uploadRef } from "../request/lab-host.ts";
import {
  answerOf,
  askedOf,
  failureOf,
  imagesOf,
  infotextOf,
  pictureOf,
  readBody,
  redCube,
} from "./made-answers.ts";

type Body = Record<string, unknown>;

const HIRES = { hires: { scale: 2, denoising_strength: 0.5 } };
const UNIT = { model: "control_canny [de300001]", image: uploadRef(3) };
const CONTROL = { alwayson_scripts: { ControlNet: { args: [UNIT] } } };
const MATRIX = { script: { name: "Prompt matrix", args: [] }, positive_prompt: "a|b" };

describe("an answer that is not whole", () => {
  it.each([
    ["no pictures, as after an interrupt while the model loads", 0, "Forge gave no picture."],
    [
      "one picture of two, as after an interrupt in the first batch",
      1,
      "Forge gave only 1 of 2 pictures.",
    ],
  ])("with %s is no result", async (_what, count, message) => {
    const params = redCube({ n_iter: 2 });
    const texts = [infotextOf(params)];
    const body = await answerOf(params, {
      texts: texts.slice(0, count),
      info: { all_seeds: [1, 2], infotexts: texts },
    });
    expect(failureOf(await readBody(body, askedOf(params)))).toEqual({
      kind: "infra",
      reason: "incomplete_result",
      message,
    });
  });

  it("with only the small picture of a hires fix's first pass is no result", async () => {
    const params = redCube(HIRES);
    const text = infotextOf(params, { "Hires upscale": "2.0", "Hires upscaler": "Latent" });
    const body = await answerOf(params, { texts: [text], size: { width: 64, height: 64 } });
    expect(failureOf(await readBody(body, askedOf(params)))).toMatchObject({
      kind: "infra",
      reason: "incomplete_result",
      message: "Picture 1 was cut short after the first pass: it is 64x64 instead of 128x128.",
    });
  });

  it("with a control map in place of the result is no result, with and without texts in pictures", async () => {
    const params = redCube(CONTROL);
    const texts = [infotextOf(params, { "ControlNet 0": "Module: canny" })];
    const body = await answerOf(params, {
      texts: [],
      mapCount: 1,
      info: { infotexts: texts, all_seeds: [1] },
    });
    for (const writesInfotext of [true, false]) {
      expect((await readBody(body, askedOf(params, { writesInfotext }))).ok).toBe(false);
    }
  });

  it("of more pictures than asked for is told", async () => {
    const params = redCube();
    const texts = [infotextOf(params), infotextOf(params, { Seed: 2 })];
    const found = failureOf(await readBody(await answerOf(params, { texts }), askedOf(params)));
    expect(found).toMatchObject({
      field: "n_iter",
      message: "Forge gave 2 pictures instead of 1.",
    });
  });

  it("of a script that made more pictures than a job may have is told", async () => {
    const params = redCube(MATRIX);
    const count = LIMITS.imagesPerJobMax + 1;
    const texts = Array.from({ length: count }, (_, at) => infotextOf(params, { Seed: at }));
    const found = failureOf(await readBody(await answerOf(params, { texts }), askedOf(params)));
    expect(found).toMatchObject({ kind: "user", reason: "invalid_job", field: "script" });
  });

  it("of a script that made none, or fewer than it tells of, is no result", async () => {
    const params = redCube(MATRIX);
    const texts = [infotextOf(params), infotextOf(params, { Seed: 2 })];
    for (const made of [{ texts: [] }, { texts: texts.slice(1), info: { infotexts: texts } }]) {
      const found = failureOf(await readBody(await answerOf(params, made), askedOf(params)));
      expect(found).toMatchObject({ reason: "incomplete_result" });
    }
  });

  it("whose picture is cut off or is none is no result", async () => {
    const params = redCube();
    const text = infotextOf(params);
    const whole = Buffer.from(await pictureOf(text, 64, 64), "base64");
    const good = (await answerOf(params, { texts: [text] })) as Body;
    const cut = whole.subarray(0, whole.length - 30).toString("base64");
    for (const image of [cut, Buffer.from("no picture").toString("base64"), ""]) {
      const found = failureOf(await readBody({ ...good, images: [image] }, askedOf(params)));
      expect(found).toMatchObject({ kind: "infra", reason: "incomplete_result" });
    }
  });

  it("whose picture cannot be read is no result where pictures are known by their place alone", async () => {
    for (const more of [{}, MATRIX]) {
      const params = redCube({ ...more, n_iter: 2 });
      const texts = [infotextOf(params), infotextOf(params, { Seed: 2 })];
      const good = (await answerOf(params, { texts })) as Body;
      const images = [await pictureOf(null), Buffer.from("no picture").toString("base64")];
      const asked = askedOf(params, { writesInfotext: false });
      expect(failureOf(await readBody({ ...good, images }, asked))).toMatchObject({
        kind: "infra",
        message: "One of Forge's pictures cannot be read.",
      });
    }
  });

  it("whose picture is in a format, or of a size in bytes, that cannot be stored is told", async () => {
    const params = redCube();
    const good = (await answerOf(params, { texts: [infotextOf(params)] })) as Body;
    const create = { width: 64, height: 64, channels: 3 as const, background: "black" };
    const gif = await sharp({ create }).gif().toBuffer();
    const png = Buffer.from(await pictureOf(null), "base64");
    const huge = Buffer.concat([png, Buffer.alloc(LIMITS.imageBytesMax)]);
    const asked = askedOf(params, { writesInfotext: false });
    const readOne = async (bytes: Buffer) =>
      failureOf(await readBody({ ...good, images: [bytes.toString("base64")] }, asked));
    expect(await readOne(gif)).toMatchObject({ kind: "user", reason: "unsupported_format" });
    expect(await readOne(huge)).toMatchObject({
      kind: "user",
      message: "Picture 1 is too large to be stored: 96 MB. Choose a smaller size.",
    });
  });

  it.each([
    ["nothing", undefined],
    ["a text", "Internal Server Error"],
    ["an error with status 200", { detail: "x" }],
    ["info that is no JSON", { images: [], parameters: {}, info: "{" }],
    ["info of another kind", { images: [], parameters: {}, info: "{}" }],
    ["code", { images: [], parameters: {}, info: "alert(1)" }],
  ])("and is not one of a generation but %s is no result", async (_what, body) => {
    expect(failureOf(await readBody(body, askedOf(redCube())))).toEqual({
      kind: "infra",
      reason: "incomplete_result",
      message: "Forge's answer is not that of a generation.",
    });
  });

  it("tells the owner what to switch on where no picture can be known by its text", async () => {
    const params = redCube();
    const body = (await answerOf(params, { texts: [infotextOf(params)] })) as Body;
    const images = [await pictureOf(null)];
    expect(failureOf(await readBody({ ...body, images }, askedOf(params)))).toMatchObject({
      reason: "incomplete_result",
      owner_message: expect.stringContaining("Write infotext to metadata"),
    });
  });

  it("in a size that was not asked for says both sizes", async () => {
    const params = redCube();
    const texts = [infotextOf(params)];
    const body = await answerOf(params, { texts, size: { width: 72, height: 64 } });
    expect(failureOf(await readBody(body, askedOf(params)))).toMatchObject({
      reason: "not_as_asked",
      message: "Picture 1 is 72x64 instead of 64x64.",
    });
  });
});

describe("a server that writes no texts into its pictures", () => {
  const writesInfotext = false;

  it("gives its results by their place, with the infotexts of the answer", async () => {
    const params = redCube({ n_iter: 2 });
    const texts = [infotextOf(params), infotextOf(params, { Seed: 2 })];
    const good = (await answerOf(params, { texts })) as Body;
    const images = [await pictureOf(null), await pictureOf(null)];
    const result = await readBody({ ...good, images }, askedOf(params, { writesInfotext }));
    expect(imagesOf(result).map(({ seed }) => seed)).toEqual([1, 2]);
    expect(result).toMatchObject({ warnings: [] });
  });

  it("is warned of where control maps are among the pictures", async () => {
    const params = redCube(CONTROL);
    const texts = [infotextOf(params, { "ControlNet 0": "Module: canny" })];
    const good = (await answerOf(params, { texts })) as Body;
    const images = [await pictureOf(null), await pictureOf(null)];
    const result = await readBody({ ...good, images }, askedOf(params, { writesInfotext }));
    expect(imagesOf(result)).toHaveLength(1);
    expect(result).toMatchObject({ warnings: [{ code: "order_unproven" }] });
  });
});

it("an infotext too long to be stored stays in its picture alone", async () => {
  const params = redCube();
  const long = infotextOf(params, { Note: "x".repeat(LIMITS.infotextStoredCharsMax) });
  const [image] = imagesOf(
    await readBody(await answerOf(params, { texts: [long] }), askedOf(params)),
  );
  expect(image).toMatchObject({ infotext: null, seed: 1 });
});
