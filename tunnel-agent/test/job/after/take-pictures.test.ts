import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takePictures } from "../../../src/job/after/take-pictures.ts";
import { answerBytes } from "./made-answers.ts";

/** What a program makes of an answer that thinks no further: all of it read, then every text decoded. */
function readPlainly(text: string): unknown {
  const json: unknown = JSON.parse(text);
  const { images } = json as { images?: unknown };
  if (!Array.isArray(images) || !images.every((image) => typeof image === "string")) return json;
  return { ...(json as object), images: images.map((image) => Buffer.from(image, "base64")) };
}

function readTaken(text: string): unknown {
  const { json, pictures } = takePictures(new TextEncoder().encode(text));
  if (pictures === null) return json === undefined ? undefined : readPlainly(JSON.stringify(json));
  return { ...(json as object), images: pictures };
}

const base64 = fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one).toString("base64"));

describe("an answer whose pictures are cut out", () => {
  it("is what a parser makes of all of it, whatever stands in it and in whatever order", () => {
    const rest = fc.dictionary(
      fc.string({ unit: "binary" }),
      fc.jsonValue({ stringUnit: "binary" }),
    );
    const images = fc.oneof(fc.array(base64), fc.jsonValue());
    const indent = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(rest, images, rest, indent, (before, list, after, space) => {
        const text = JSON.stringify({ ...before, images: list, ...after }, null, space);
        expect(readTaken(text)).toEqual(readPlainly(text));
      }),
    );
  });

  it.each([
    ["an `images` further in", '{"a":{"images":["x"]},"images":["eA=="]}'],
    ["an `images` that is a value", '{"a":"images","b":["x"],"images":["eA=="]}'],
    ["an `images` of another kind", '{"images":{"images":["x"]}}'],
    ["an escape in a picture", '{"images":["a\\/b","\\u0041"]}'],
    ["something else among the pictures", '{"images":["a",{"b":["c"]}]}'],
    [
      "quotes and brackets in its texts",
      '{"info":"{\\"a\\": [\\"]}\\\\","images":["x"],"b":"\\\\"}',
    ],
    ["no object at all", '["images",["x"]]'],
    ["blanks everywhere", ' { "images" : [ "eA==" , "eQ==" ] , "info" : "i" } '],
    ["pictures that are no base64", '{"images":["","=","no picture","QUJD QUJD=","Q"]}'],
    [
      "a long picture with a blank in it",
      `{"images":["${"QUJD".repeat(40_000)} ${"QUJD".repeat(40_000)}"]}`,
    ],
  ])("is right with %s", (_what, text) => {
    expect(readTaken(text)).toEqual(readPlainly(text));
  });

  it.each([1, 2, 3, 49_151, 49_152, 49_153, 200_000])("has %i bytes of a picture", (length) => {
    const picture = Buffer.from(Array.from({ length }, (_, at) => at % 251));
    const { pictures } = takePictures(answerBytes({ images: [picture.toString("base64")] }));
    expect(pictures?.[0]?.equals(picture)).toBe(true);
    expect(pictures?.[0]?.buffer.byteLength).toBe(length);
  });

  it("is nothing where it is broken off, anywhere", () => {
    const text = JSON.stringify({ images: ["QUJD", "REVG"], info: '{"a":"\\"b"}', parameters: {} });
    for (let length = 0; length < text.length; length++) {
      expect(readTaken(text.slice(0, length))).toBe(undefined);
    }
  });
});
