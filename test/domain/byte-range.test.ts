import fc from "fast-check";
import { expect, it } from "vitest";
import { parseByteRange } from "../../src/domain/byte-range.ts";

const part = (offset: number, length: number) => ({ type: "part", offset, length });
const whole = { type: "whole" };
const unsatisfiable = { type: "unsatisfiable" };

it.each([
  [null, whole],
  ["bytes=0-0", part(0, 1)],
  ["bytes=2-", part(2, 8)],
  ["bytes=-3", part(7, 3)],
  ["bytes=-30", part(0, 10)],
  ["bytes=5-99", part(5, 5)],
  [" bytes=0-9 ", part(0, 10)],
  ["bytes=10-", unsatisfiable],
  ["bytes=-0", unsatisfiable],
  ["bytes=5-4", whole],
  ["bytes=-", whole],
  ["bytes=0-1,3-4", whole],
  ["items=0-1", whole],
  ["bytes=a-b", whole],
])("reads the range %s of ten bytes as RFC 9110 says", (header, range) => {
  expect(parseByteRange(header, 10)).toEqual(range);
});

it("says that an empty file has no part", () => {
  expect(parseByteRange("bytes=0-", 0)).toEqual(unsatisfiable);
  expect(parseByteRange("bytes=-1", 0)).toEqual(unsatisfiable);
});

it("never answers a part outside the file", () => {
  const number = fc.oneof(
    fc.constant(""),
    fc.nat().map(String),
    fc.bigInt({ min: 0n }).map(String),
  );
  fc.assert(
    fc.property(number, number, fc.nat(1_000), (first, last, size) => {
      const range = parseByteRange(`bytes=${first}-${last}`, size);
      if (range.type !== "part") return;
      expect(range.length).toBeGreaterThan(0);
      expect(range.offset + range.length).toBeLessThanOrEqual(size);
    }),
  );
});
