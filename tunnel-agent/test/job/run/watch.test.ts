import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { ForgeState, TaskState } from "../../../src/forge/progress.ts";
import { isHung, observe, startWatch, type Watched } from "../../../src/job/run/watch.ts";

const state = (mark: string, more: Partial<ForgeState> = {}): ForgeState => ({
  isRunning: true,
  isLoadingModel: false,
  isInterrupted: false,
  isSkipped: false,
  mark,
  ...more,
});

/** What is known after a series of looks, one a second, beginning one second after the start. */
function watchAll(looks: readonly [TaskState, ForgeState][]): { watched: Watched; now: number } {
  let watched = startWatch(0);
  let now = 0;
  for (const [task, seen] of looks) {
    now += 1_000;
    watched = observe(watched, { task, state: seen }, now);
  }
  return { watched, now };
}

const { stepStallLimitMs, modelLoadLimitMs, answerLimitMs } = DURATIONS;

describe("a run that stands still", () => {
  it("behind somebody else's generation is never called hung", () => {
    const { watched, now } = watchAll([["queued", state("theirs 1")]]);
    expect(isHung(watched, now + 100 * modelLoadLimitMs, DURATIONS)).toBe(false);
  });

  it("while the model loads has the time of a load", () => {
    const { watched, now } = watchAll([["active", state("load", { isLoadingModel: true })]]);
    expect(isHung(watched, now + modelLoadLimitMs, DURATIONS)).toBe(false);
    expect(isHung(watched, now + modelLoadLimitMs + 1, DURATIONS)).toBe(true);
  });

  it("in a step is hung after the limit, counted from the last step", () => {
    const { watched, now } = watchAll([
      ["active", state("1")],
      ["active", state("2")],
    ]);
    expect(isHung(watched, now + stepStallLimitMs, DURATIONS)).toBe(false);
    expect(isHung(watched, now + stepStallLimitMs + 1, DURATIONS)).toBe(true);
  });

  it("is not given the time of a model load for a step", () => {
    const loading = state("load", { isLoadingModel: true });
    const looks: [TaskState, ForgeState][] = Array.from({ length: 180 }, () => ["active", loading]);
    const { watched, now } = watchAll([...looks, ["active", state("0")]]);
    expect(isHung(watched, now + stepStallLimitMs + 1, DURATIONS)).toBe(true);
  });

  it("has eight times its usual step where steps are slow", () => {
    const slow = { ...startWatch(0), phase: "sampling" as const, moveMsMean: stepStallLimitMs };
    expect(isHung(slow, 8 * stepStallLimitMs, DURATIONS)).toBe(false);
    expect(isHung(slow, 8 * stepStallLimitMs + 1, DURATIONS)).toBe(true);
  });

  it("has its own limit while the pictures are encoded and sent", () => {
    const { watched, now } = watchAll([
      ["active", state("1")],
      ["completed", state("theirs")],
      ["completed", state("theirs 2")],
    ]);
    expect(isHung(watched, now - 1_000 + answerLimitMs, DURATIONS)).toBe(false);
    expect(isHung(watched, now + answerLimitMs, DURATIONS)).toBe(true);
  });
});

describe("what a run is known by", () => {
  it("its model load is told apart from the generation", () => {
    const loading = state("load", { isLoadingModel: true });
    const { watched } = watchAll([
      ["active", loading],
      ["active", loading],
      ["active", state("1")],
    ]);
    expect(watched.modelLoadMs).toBe(2_000);
  });

  it("an interrupt or skip that somebody sent during it is seen, one of before is not", () => {
    const interrupted = state("0", { isInterrupted: true });
    expect(watchAll([["queued", interrupted]]).watched.wasCutShort).toBe(false);
    expect(watchAll([["active", interrupted]]).watched.wasCutShort).toBe(true);
    const skipped = state("0", { isSkipped: true });
    expect(watchAll([["active", skipped]]).watched.wasCutShort).toBe(true);
  });
});
