import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { failuresAfter, reconnectAfterMs } from "../../src/web/reconnect.ts";

const GOOD = { stoodMs: DURATIONS.socketStableMs, failures: 7 };
const ALMOST = 1 - Number.EPSILON;

describe("how long a page waits until it opens a lost socket again", () => {
  it("is a moment left to chance after one that stood for long", () => {
    expect(reconnectAfterMs(GOOD, 0)).toBe(0);
    expect(reconnectAfterMs(GOOD, ALMOST)).toBeLessThanOrEqual(DURATIONS.reconnectSpreadMs);
    expect(failuresAfter(GOOD)).toBe(0);
  });

  it("grows with every one that did not, and may still be short each time", () => {
    const longest = (failures: number) => reconnectAfterMs({ stoodMs: 0, failures }, ALMOST);
    expect(longest(0)).toBeCloseTo(DURATIONS.reconnectSpreadMs);
    expect(longest(2)).toBeCloseTo(4 * DURATIONS.reconnectSpreadMs);
    expect(longest(60)).toBeLessThanOrEqual(DURATIONS.reconnectMaxMs);
    // The bound comes before the chance: late tries of many pages do not fall on one moment.
    expect(reconnectAfterMs({ stoodMs: 0, failures: 60 }, 0.5)).toBe(DURATIONS.reconnectMaxMs / 2);
    expect(failuresAfter({ stoodMs: 100, failures: 2 })).toBe(3);
  });
});
