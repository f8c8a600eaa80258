import { describe, expect, it } from "vitest";
import { percentAfter, type ShownPercent } from "../../src/web/shown-percent.ts";

describe("the percent of a job", () => {
  it("are what was told last, and no guess beyond it", () => {
    const shown = percentAfter(null, "1", 40);
    expect(shown.percent).toBe(40);
    expect(percentAfter(shown, "1", 40).percent).toBe(40);
    expect(percentAfter(shown, "1", 41).percent).toBe(41);
  });

  it("never go back within a run, whatever is told", () => {
    let shown: ShownPercent | null = null;
    let last = 0;
    for (const told of [10, 10, 8, 30, 0, 31]) {
      shown = percentAfter(shown, "1", told);
      expect(shown.percent).toBeGreaterThanOrEqual(last);
      last = shown.percent;
    }
  });

  it("are 100 only once the job is done", () => {
    expect(percentAfter(null, "1", 100).percent).toBe(99);
  });

  it("begin anew with a new run", () => {
    expect(percentAfter(percentAfter(null, "1", 80), "2", 3).percent).toBe(3);
  });
});
