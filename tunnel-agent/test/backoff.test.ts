import * as fc from "fast-check";
import { expect, it } from "vitest";
import { backoffMs } from "../src/backoff.ts";

it("waits never longer than 15 s, and spreads a herd of agents at that cap as well", () => {
  const attempt = fc.integer({ min: 1, max: 1_000_000 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(attempt, random, (at, chance) => {
      const waitMs = backoffMs(at, chance);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(15_000);
    }),
  );
  expect(backoffMs(50, 0.1)).toBe(1_500);
  expect(backoffMs(50, 0.9)).toBe(13_500);
  expect(backoffMs(1, 0.5)).toBe(500);
});
