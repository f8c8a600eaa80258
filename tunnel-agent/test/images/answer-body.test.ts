import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswerBody } from "../../src/images/answer-body.ts";

/** As a text comes from Forge, alone in its memory. */
const bytesOf = (text: string) => new Uint8Array(new TextEncoder().encode(text));
const base64 = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));

describe("the JSON of an answer with its pictures cut out", () => {
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
        expect(readAnswerBody(bytesOf(text))).toEqual(JSON.parse(text));
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
      '{"info":"{\\"a\\": [\\"]}\\\\","images":["x"],"b":"\\\\\\\\"}',
    ],
    ["no object at all", '["images",["x"]]'],
    ["blanks everywhere", ' { "images" : [ "eA==" , "eQ==" ] , "info" : "i" } '],
    ["two `images`", '{"images":["a"],"images":["b"]}'],
  ])("is right with %s", (_what, text) => {
    const read = readAnswerBody(bytesOf(text)) as { images: unknown };
    const parsed = JSON.parse(text) as { images: unknown };
    expect(read).toEqual(_what.startsWith("two") ? { images: ["a"] } : parsed);
  });

  it("is nothing where it is broken off, anywhere", () => {
    const text = JSON.stringify({ images: ["QUJD", "REVG"], info: '{"a":"\\"b"}', parameters: {} });
    for (let length = 0; length < text.length; length++) {
      expect(readAnswerBody(bytesOf(text.slice(0, length)))).toBe(undefined);
    }
  });
});
