import fc from "fast-check";
import { expect, it } from "vitest";
import { fingerprintOf } from "../../src/domain/fingerprint.ts";

it("is that of the meaning: the order of keys and absent fields make no difference", () => {
  const one = { a: 1, b: { c: [1, 2], d: undefined } };
  expect(fingerprintOf(one)).toBe(fingerprintOf({ b: { c: [1, 2] }, a: 1 }));
});

it("differs where the meaning differs", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b));
      const isSame = fingerprintOf(a) === fingerprintOf(b);
      if (isSame) expect(a).toEqual(b);
    }),
  );
  expect(fingerprintOf([1, 2])).not.toBe(fingerprintOf([2, 1]));
  expect(fingerprintOf({ a: null })).not.toBe(fingerprintOf({}));
});
