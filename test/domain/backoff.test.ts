import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffCapMs, withFullJitter } from "../../src/domain/backoff.ts";

it("doubles from the base to the cap and stays there", () => {
  expect([1, 2, 3, 7, 10, 2_000].map((n) => backoffCapMs(n, 10_000, 600_000))).toEqual([
    10_000, 20_000, 40_000, 600_000, 600_000, 600_000,
  ]);
});

it("spreads a herd over the whole wait, also at the cap", () => {
  fc.assert(
    fc.property(fc.nat(600_000), fc.double({ min: 0, max: 1, noNaN: true }), (capMs, random) => {
      const delayMs = withFullJitter(capMs, random);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(capMs);
    }),
  );
  expect(withFullJitter(600_000, 0)).toBe(0);
  expect(withFullJitter(600_000, 0.25)).toBe(150_000);
});
