import { describe, expect, it } from "vitest";
import { type Pace, paceAfter, percentAt } from "../../src/web/progress-pace.ts";

const heard = (progress: number, endsAt: number | null = null) => ({ progress, endsAt });

describe("a progress bar", () => {
  it("goes on by itself at the pace that was told last", () => {
    const pace = paceAfter(null, "1", heard(40, 10_000), 0);
    expect(percentAt(pace, 0)).toBe(40);
    expect(percentAt(pace, 1_000)).toBeCloseTo(45.9);
    expect(percentAt(pace, 2_000)).toBeGreaterThan(percentAt(pace, 1_000));
  });

  it("stands still where no end is told, or nothing is heard for some seconds", () => {
    expect(percentAt(paceAfter(null, "1", heard(40), 0), 60_000)).toBe(40);
    const pace = paceAfter(null, "1", heard(40, 10_000), 0);
    expect(percentAt(pace, 60_000)).toBe(percentAt(pace, 3_000));
  });

  it("stands at nothing while nothing is known to move, as while a model loads", () => {
    expect(percentAt(paceAfter(null, "1", heard(0, 10_000), 0), 2_000)).toBe(0);
  });

  it("never goes back within a run, whatever is told", () => {
    let pace: Pace | null = null;
    let last = 0;
    const words: [number, number | null][] = [
      [10, 5_000],
      [10, 60_000],
      [8, null],
      [30, 4_500],
      [0, null],
      [31, 9_000],
    ];
    words.forEach(([progress, endsAt], index) => {
      const now = index * 500;
      pace = paceAfter(pace, "1", heard(progress, endsAt), now);
      for (const at of [now, now + 250, now + 499]) {
        const shown = percentAt(pace, at);
        expect(shown).toBeGreaterThanOrEqual(last);
        last = shown;
      }
    });
  });

  it("reaches 100 by no guess", () => {
    expect(percentAt(paceAfter(null, "1", heard(98, 500), 0), 3_000)).toBe(99);
  });

  it("begins anew with a new run", () => {
    const first = paceAfter(null, "1", heard(80), 0);
    expect(percentAt(paceAfter(first, "2", heard(3), 100), 100)).toBe(3);
  });
});
