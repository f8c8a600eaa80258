import { describe, expect, it } from "vitest";
import { agoWords, durationWords, sinceWords } from "../../src/web/time-words.ts";

const NOW = new Date(2026, 10, 25, 12, 0).getTime();
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

it.each([
  [300, "1 s"],
  [18_400, "18 s"],
  [125_000, "2 min 5 s"],
  [7_500_000, "2 h 5 min"],
])("says to the second how long something took: %i ms", (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

describe("a moment in words", () => {
  it.each([
    [10, "just now"],
    [70, "1 min ago"],
    [7_200, "2 h ago"],
    [200_000, "2 d ago"],
  ])("is how long ago it was: %i s", (seconds, words) => {
    expect(agoWords(ago(seconds), NOW)).toBe(words);
  });

  it("is a time of day, with its date when that is not today", () => {
    const today = sinceWords(ago(3_600), NOW);
    expect(today).toMatch(/^11:00|^11:00 AM/);
    const yesterday = sinceWords(ago(25 * 3_600), NOW);
    expect(yesterday).toMatch(/24/);
    expect(yesterday.endsWith(today)).toBe(true);
  });
});
