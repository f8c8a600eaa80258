import { DURATIONS } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLine } from "../../src/live/line-check.ts";
import { failuresAfter, reconnectMs } from "../../src/live/reconnect.ts";

const { reconnectSpreadMs, reconnectMaxMs, socketStableMs, hubPingMs, hubPongLimitMs } = DURATIONS;
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the wait before a lost socket is opened again", () => {
  it("is spread from nothing to its bound at every stage, also at the cap", () => {
    fc.assert(
      fc.property(fc.nat(10_000), chance, (failures, random) => {
        const bound = Math.min(reconnectMaxMs, reconnectSpreadMs * 2 ** failures);
        const waitMs = reconnectMs(failures, random, DURATIONS);
        expect(Math.abs(waitMs - bound * random)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("begins anew after a socket that stood for a while, and grows after one that did not", () => {
    expect(failuresAfter(5, socketStableMs, DURATIONS)).toBe(0);
    expect(failuresAfter(5, socketStableMs - 1, DURATIONS)).toBe(6);
    expect(failuresAfter(0, 0, DURATIONS)).toBe(1);
  });
});

describe("a standing line", () => {
  it("is pinged when it is due, and waits for nothing else until then", () => {
    const line = { pingedAt: 100, isAnswered: true };
    expect(checkLine(line, 100, DURATIONS)).toEqual({ type: "wait", ms: hubPingMs });
    expect(checkLine(line, 99 + hubPingMs, DURATIONS)).toEqual({ type: "wait", ms: 1 });
    expect(checkLine(line, 100 + hubPingMs, DURATIONS)).toEqual({ type: "ping" });
  });

  it("is dead when a ping was not answered in time, within 45 s of its death", () => {
    const line = { pingedAt: 100, isAnswered: false };
    expect(checkLine(line, 99 + hubPongLimitMs, DURATIONS)).toEqual({ type: "wait", ms: 1 });
    expect(checkLine(line, 100 + hubPongLimitMs, DURATIONS)).toEqual({ type: "dead" });
    expect(hubPingMs + hubPongLimitMs).toBeLessThanOrEqual(45_000);
  });
});
