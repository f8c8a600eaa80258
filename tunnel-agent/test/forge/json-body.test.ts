import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonBody } from "../../src/forge/json-body.ts";
import { Picture } from "../../src/picture.ts";

/** The same with pictures as the base64 that they become. */
function plain(value: unknown): unknown {
  if (value instanceof Picture) return Buffer.from(value.bytes).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

const textOf = (value: unknown) => Buffer.concat([...jsonBody(value).chunks()]).toString("utf8");

/** A picture in the middle of a larger piece of memory, as a download leaves it. */
function picture(bytes: number): Picture {
  const memory = Buffer.alloc(bytes + 7, "some bytes of a picture");
  return new Picture(memory.subarray(5, 5 + bytes));
}

const MEGAPIXELS_4 = 2048 * 2048;

/** An inpaint of 4 megapixels with two pictures for ControlNet, none of which a PNG could make smaller. */
const LARGE = {
  init_images: [picture(MEGAPIXELS_4 * 3)],
  mask: picture(MEGAPIXELS_4),
  alwayson_scripts: {
    controlnet: {
      args: [{ image: picture(MEGAPIXELS_4 * 3), mask_image: picture(1) }, { image: picture(2) }],
    },
  },
};

describe("the JSON of a request with pictures", () => {
  const bytes = fc.uint8Array({ maxLength: 200_000, size: "large" });
  const arbitrary = fc.oneof(
    fc.jsonValue(),
    fc.record({
      deep: fc.array(
        fc.oneof(
          fc.jsonValue(),
          bytes.map((one) => new Picture(one)),
        ),
      ),
    }),
    fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.string(),
        bytes.map((one) => new Picture(one)),
      ),
    ),
  );

  it("is to the byte what it would be with all of it in memory, and as long as announced", () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const text = textOf(value);
        expect(text).toBe(JSON.stringify(plain(value)));
        expect(jsonBody(value).length).toBe(Buffer.byteLength(text));
      }),
      { numRuns: 60 },
    );
  });

  it("leaves out what is undefined and writes it as null in a list, as JSON does", () => {
    const value = { gone: undefined, list: [undefined, new Picture(Buffer.from("a"))], kept: 1 };
    expect(textOf(value)).toBe('{"list":[null,"YQ=="],"kept":1}');
  });

  it("can be made again for a second try", () => {
    const body = jsonBody({ image: picture(100_000) });
    const once = Buffer.concat([...body.chunks()]);
    expect(Buffer.concat([...body.chunks()]).equals(once)).toBe(true);
  });

  it("never has more than a small piece of a picture as base64 in memory", () => {
    const body = jsonBody(LARGE);
    let sum = 0;
    let longest = 0;
    for (const chunk of body.chunks()) {
      sum += chunk.length;
      longest = Math.max(longest, chunk.length);
    }
    expect(sum).toBe(body.length);
    expect(longest).toBeLessThanOrEqual(65_536);
    expect(body.length).toBeGreaterThan(MEGAPIXELS_4 * 7);
  });
});
