import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { ForgeState, TaskState } from "../../../src/forge/progress.ts";
import {
  type Interest,
  isHung,
  lookEveryMs,
  observe,
  progressOf,
  type Seen,
  startWatch,
  type Watched,
} from "../../../src/job/run/watched.ts";

const state = (mark: string, more: Partial<ForgeState> = {}): ForgeState => ({
  isRunning: true,
  isLoadingModel: false,
  isInterrupted: false,
  isSkipped: false,
  mark,
  beganAt: "20261126120000",
  share: 0,
  ...more,
});

const LOADING = state("load", { isLoadingModel: true });

/** What a look brings: a state before anything is drawn, or how much is drawn. */
type Look = [TaskState, ForgeState | number | null];

const seenBy = ([task, what]: Look): Seen =>
  typeof what === "number"
    ? { task, share: what, state: null }
    : { task, share: task === "active" ? 0 : null, state: what };

/** What is known after a series of looks, one a second, beginning one second after the start. */
function watchAll(looks: readonly Look[]): { watched: Watched; now: number } {
  let watched = startWatch(0);
  let now = 0;
  for (const look of looks) {
    now += 1_000;
    watched = observe(watched, seenBy(look), now);
  }
  return { watched, now };
}

const { stepStallLimitMs, modelLoadLimitMs, answerLimitMs } = DURATIONS;

describe("a run that stands still", () => {
  it("behind somebody else's generation is never called hung", () => {
    const { watched, now } = watchAll([["queued", null]]);
    expect(isHung(watched, now + 100 * modelLoadLimitMs, DURATIONS)).toBe(false);
  });

  it("while the model loads has the time of a load", () => {
    const { watched, now } = watchAll([["active", LOADING]]);
    expect(isHung(watched, now + modelLoadLimitMs, DURATIONS)).toBe(false);
    expect(isHung(watched, now + modelLoadLimitMs + 1, DURATIONS)).toBe(true);
  });

  it.each<[string, Look, Look]>([
    ["as Forge tells of its steps", ["active", state("1")], ["active", state("2")]],
    ["as Forge tells of the task", ["active", state("1")], ["active", 0.1]],
    ["between two shares", ["active", 0.1], ["active", 0.2]],
    ["in the first step, which tells no share", ["active", LOADING], ["active", state("1")]],
    ["where Forge knows no tasks", ["unknown", state("1")], ["unknown", state("2")]],
  ])("in a step is hung after the limit, counted from the last step, %s", (_how, first, second) => {
    const { watched, now } = watchAll([first, second, second]);
    expect(isHung(watched, now - 1_000 + stepStallLimitMs, DURATIONS)).toBe(false);
    expect(isHung(watched, now - 999 + stepStallLimitMs, DURATIONS)).toBe(true);
  });

  it("is not taken to move because a job came to stand behind it", () => {
    const { watched } = watchAll([["active", 0.5]]);
    const followed = observe(watched, { task: "active", share: 0.5, state: state("3") }, 90_000);
    expect(followed.lastMoveAt).toBe(1_000);
  });

  it("is not given the time of a model load for a step", () => {
    const looks = Array.from({ length: 180 }, (): Look => ["active", LOADING]);
    const { watched, now } = watchAll([...looks, ["active", state("0")]]);
    expect(isHung(watched, now + stepStallLimitMs + 1, DURATIONS)).toBe(true);
  });

  it("has eight times its usual step where steps are slow", () => {
    const slow = { ...startWatch(0), phase: "drawing" as const, moveMsMean: stepStallLimitMs };
    expect(isHung(slow, 8 * stepStallLimitMs, DURATIONS)).toBe(false);
    expect(isHung(slow, 8 * stepStallLimitMs + 1, DURATIONS)).toBe(true);
  });

  it("has its own limit while the pictures are encoded and sent", () => {
    const { watched, now } = watchAll([
      ["active", 0.9],
      ["completed", null],
      ["completed", null],
    ]);
    expect(isHung(watched, now - 1_000 + answerLimitMs, DURATIONS)).toBe(false);
    expect(isHung(watched, now + answerLimitMs, DURATIONS)).toBe(true);
  });
});

describe("what a run is known by", () => {
  it("its model load is told apart from the generation", () => {
    const { watched } = watchAll([
      ["queued", null],
      ["active", LOADING],
      ["active", LOADING],
      ["active", state("1")],
      ["active", 0.2],
    ]);
    expect(watched.modelLoadMs).toBe(2_000);
  });

  it("an interrupt or skip that somebody sent during it is seen, one of before is not", () => {
    const interrupted = state("0", { isInterrupted: true });
    expect(watchAll([["queued", interrupted]]).watched.wasCutShort).toBe(false);
    expect(watchAll([["active", interrupted]]).watched.wasCutShort).toBe(true);
    const skipped = state("0", { isSkipped: true });
    expect(watchAll([["active", skipped]]).watched.wasCutShort).toBe(true);
    const { watched } = watchAll([["active", 0.5]]);
    const late = observe(watched, { task: "active", share: 0.6, state: skipped }, 3_000);
    expect(late.wasCutShort).toBe(true);
  });
});

describe("how far a run is", () => {
  const at = (looks: Look[], laterMs = 0) => {
    const { watched, now } = watchAll(looks);
    return progressOf(watched, now + laterMs);
  };

  it("is nothing known while it waits, and while its model loads", () => {
    const nothing = { share: 0, remainingMs: null, moveMs: 0 };
    expect(at([["queued", null]])).toEqual({ phase: "waiting", ...nothing });
    expect(at([["active", LOADING]])).toEqual({ phase: "loading", ...nothing });
    expect(at([["active", state("1")]])).toEqual({ phase: "drawing", ...nothing });
  });

  it("is told from the first share on, without the load of its model", () => {
    const begun: Look[] = [
      ["active", LOADING],
      ["active", LOADING],
      ["active", LOADING],
      ["active", state("1")],
      ["active", 0.25],
    ];
    // Seen active at 1 s with a load of 3 s behind it at 3 s: one second of drawing for a quarter.
    expect(at(begun)).toMatchObject({ phase: "drawing", share: 0.25, remainingMs: 3_000 });
    expect(at(begun, 2_500).remainingMs).toBe(500);
    expect(at(begun, 60_000).remainingMs).toBe(0);
  });

  it("does not go by the first move, which has the encoding of the prompt in it, once there is another", () => {
    const encoding = Array.from({ length: 10 }, (): Look => ["active", state("1")]);
    const { remainingMs } = at([...encoding, ["active", 0.1], ["active", 0.3]]);
    expect(remainingMs).toBeCloseTo(3_500);
  });

  it("follows the pace of the last moves: a second pass takes longer than the first", () => {
    const first = [0.1, 0.2, 0.3, 0.4, 0.5].map((share): Look => ["active", share]);
    const second = Array.from({ length: 24 }, (_, step): Look => ["active", 0.52 + step / 50]);
    const { remainingMs } = at([["active", state("1")], ...first, ...second]);
    // 0.98 is drawn, at a fiftieth a second.
    expect(remainingMs).toBeGreaterThan(900);
    expect(remainingMs).toBeLessThan(1_100);
  });

  it("is told by the pace of the last moves where a pass begins again at nothing", () => {
    const first = Array.from({ length: 10 }, (_, step): Look => ["active", (step + 1) / 10]);
    const looks: Look[] = [["active", state("1")], ...first, ["active", state("2")]];
    expect(at([...looks, ["active", 0.1]]).remainingMs).toBeCloseTo(9_000);
  });

  it("is by Forge's own progress where it knows no tasks", () => {
    const looks = [0, 0.5].map((share): Look => ["unknown", state(`${share}`, { share })]);
    expect(at(looks)).toMatchObject({ phase: "drawing", share: 0.5, remainingMs: 1_000 });
  });

  it("is as good as done while its pictures are encoded and sent", () => {
    expect(
      at([
        ["active", 0.9],
        ["completed", null],
      ]),
    ).toMatchObject({
      phase: "finishing",
      share: 0.9,
      remainingMs: 0,
    });
  });
});

describe("how often Forge is looked at", () => {
  const { forgePollMs, forgePollUnwatchedMs, prePostLeadMs } = DURATIONS;
  const nobody: Interest = { isWatched: false, isQuick: false, isFollowed: false };
  const pace = (looks: Look[], more: Partial<Interest> = {}, laterMs = 0) => {
    const { watched, now } = watchAll(looks);
    return lookEveryMs(watched, { ...nobody, ...more }, now + laterMs, DURATIONS);
  };
  /** Drawn to a hundredth in a second: a minute and a half to go. */
  const long: Look[] = [
    ["active", state("1")],
    ["active", 0.01],
  ];

  it("is seldom while nobody waits for anything", () => {
    expect(pace(long)).toBe(forgePollUnwatchedMs);
  });

  it("is often while somebody watches, or a job waits for the end", () => {
    expect(pace(long, { isWatched: true })).toBe(forgePollMs);
    expect(pace(long, { isQuick: true })).toBe(forgePollMs);
  });

  it("is often until something is drawn, whoever watches: the load of the model is timed so", () => {
    for (const look of [
      ["queued", null],
      ["active", LOADING],
      ["active", state("1")],
    ] as Look[]) {
      expect(pace([look])).toBe(forgePollMs);
    }
  });

  it("is often when the end is near", () => {
    // A move takes a second there, and the end may come a move early.
    const untilNearMs = 99_000 - prePostLeadMs - 1_000 - forgePollUnwatchedMs;
    expect(pace(long, {}, untilNearMs)).toBe(forgePollMs);
    expect(pace(long, {}, untilNearMs - 1)).toBe(forgePollUnwatchedMs);
  });

  it("is oftener with a job behind in Forge, which forgets a person's Interrupt in a moment", () => {
    expect(pace(long, { isFollowed: true })).toBeLessThan(forgePollMs / 2);
  });

  it("is seldom once it is drawn: its answer comes by itself", () => {
    expect(pace([...long, ["completed", null]], { isWatched: true })).toBe(forgePollUnwatchedMs);
  });
});
