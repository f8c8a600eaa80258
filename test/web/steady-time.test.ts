import { describe, expect, it } from "vitest";
import { type SteadyTime, steadyTime } from "../../src/web/steady-time.ts";

describe("the time that is left", () => {
  it("falls while estimates go up and down a little", () => {
    let told: SteadyTime | null = null;
    let last = Number.POSITIVE_INFINITY;
    [31, 35, 30, 33, 29, 26, 25, 29].forEach((seconds, index) => {
      const now = index * 500;
      told = steadyTime(told, "a run", now + seconds * 1_000, now);
      const left = (told?.at ?? 0) - now;
      expect(left).toBeLessThan(last);
      last = left;
    });
  });

  it("is corrected at once where it is clearly wrong, both ways", () => {
    const told = steadyTime(null, "a run", 20_000, 0);
    expect(steadyTime(told, "a run", 40_000, 1_000)?.at).toBe(40_000);
    expect(steadyTime(told, "a run", 8_000, 1_000)?.at).toBe(8_000);
    const long = steadyTime(null, "a run", 600_000, 0);
    expect(steadyTime(long, "a run", 660_000, 0)).toBe(long);
  });

  it("is of one run only, and none where none is told", () => {
    const told = steadyTime(null, "a run", 20_000, 0);
    expect(steadyTime(told, "another", 21_000, 0)?.at).toBe(21_000);
    expect(steadyTime(told, "a run", null, 0)).toBeNull();
  });
});
