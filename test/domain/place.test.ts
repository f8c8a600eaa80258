import { LIMITS } from "@mobilesd/contract";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { TIMING_UNKNOWN } from "../../src/domain/estimate.ts";
import { isBefore, outcomeOf, runningEndAt } from "../../src/domain/place.ts";

const timing = {
  ...TIMING_UNKNOWN,
  msPerMegapixelStep: 100,
  modelLoadMs: 5_000,
  sampleCount: 3,
};
const job = (checkpointName = "a", costMegapixelSteps = 10) => ({
  checkpointName,
  costMegapixelSteps,
});

const places = fc.record({
  priority: fc.integer({ min: 1, max: 3 }),
  creationTimestamp: fc.constantFrom("2026-11-02T12:00:00.000Z", "2026-11-02T12:00:00.001Z"),
  id: fc.constantFrom("a", "b", "c"),
});

it("puts any two jobs of a server in one order, and none before itself", () => {
  fc.assert(
    fc.property(places, places, places, (a, b, c) => {
      expect(isBefore(a, a)).toBe(false);
      const isSame = JSON.stringify(a) === JSON.stringify(b);
      expect(isBefore(a, b) || isBefore(b, a)).toBe(!isSame);
      if (isBefore(a, b) && isBefore(b, c)) expect(isBefore(a, c)).toBe(true);
    }),
  );
});

it("runs the lowest priority first, then the oldest", () => {
  const at = { creationTimestamp: "2026-11-02T12:00:00.000Z", id: "b" };
  expect(isBefore({ ...at, priority: 1 }, { ...at, priority: 2, creationTimestamp: "" })).toBe(
    true,
  );
  expect(isBefore({ ...at, priority: 5 }, { ...at, priority: 5, id: "a" })).toBe(false);
});

it("lets a job start when those before it are done, and not before its own time", () => {
  const idle = { running: null, following: [], timing };
  const waiting = { ...job(), notBefore: null };
  expect(outcomeOf(waiting, [], idle, 1_000)).toEqual({
    position: 1,
    isMinimum: false,
    startAt: 1_000,
    completionAt: 1_000 + 5_000 + 1_000,
  });
  const busy = { running: { checkpointName: "b", restMs: 600 }, following: [], timing };
  const behind = outcomeOf(waiting, [job("a")], busy, 0);
  expect(behind).toMatchObject({ position: 2, startAt: 600 + 6_000, completionAt: 7_600 });
  expect(outcomeOf({ ...waiting, notBefore: 99_000 }, [], idle, 0).startAt).toBe(99_000);
  const begun = { ...busy, following: [job("a")] };
  expect(outcomeOf(waiting, [], begun, 0)).toMatchObject({ position: 1, startAt: 600 + 6_000 });
  const many = Array.from({ length: LIMITS.positionMax }, () => job());
  expect(outcomeOf(waiting, many, idle, 0)).toMatchObject({ position: 100, isMinimum: true });
});

it("never lets a running job end in the past", () => {
  expect(runningEndAt({ ...job(), startedAt: 500 }, timing, 700)).toBe(1_500);
  expect(runningEndAt({ ...job(), startedAt: 500 }, timing, 9_000)).toBe(9_000);
});
