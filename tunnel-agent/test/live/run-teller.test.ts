import { AgentMessage, DURATIONS } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { until } from "../../../test/support/box/until.ts";
import type { LivePicture } from "../../src/images/live-picture.ts";
import type { RunProgress } from "../../src/job/run/watched.ts";
import { createRunTeller } from "../../src/live/run-teller.ts";
import { isWorthTelling, nextTold, type Told } from "../../src/live/told-progress.ts";

const LEASE = { mobilesd_job_id: "6f6d1d3c-58a4-4f4c-9a37-6d9f3b1f7a10", epoch: 3 };
const PICTURE: LivePicture = { webp: Buffer.from("webp"), width: 64, height: 96 };
const { progressUnwatchedMs } = DURATIONS;

const seen = (share: number, more: Partial<RunProgress> = {}): RunProgress => ({
  share,
  phase: "drawing",
  remainingMs: null,
  moveMs: 0,
  ...more,
});

/** A teller whose clock, watchers and pictures are the test's. */
function startTeller() {
  const messages: AgentMessage[] = [];
  const shrinking: ((picture: LivePicture | null) => void)[] = [];
  let listener: (count: number) => void = () => {};
  let onUp: () => void = () => {};
  let now = 0;
  /** Messages that the line takes at this moment. */
  let room = Number.POSITIVE_INFINITY;
  let isUp = true;
  let watchers = 0;
  const teller = createRunTeller(
    {
      link: {
        tell(message) {
          room -= 1;
          messages.push(AgentMessage.parse(message));
        },
        isUp: () => isUp,
        isFree: () => isUp && room > 0,
        onUp(heard) {
          onUp = heard;
          return () => {
            onUp = () => {};
          };
        },
        watchers: () => watchers,
        onWatchers(heard) {
          listener = heard;
          return () => {
            listener = () => {};
          };
        },
      },
      images: { shrink: () => new Promise((resolve) => shrinking.push(resolve)) },
      durations: DURATIONS,
      now: () => now,
    },
    LEASE,
  );
  const watch = (count: number) => {
    watchers = count;
    listener(count);
  };
  const later = (ms: number) => {
    now += ms;
  };
  const lineHas = (count: number) => {
    room = count;
  };
  const goDown = () => {
    isUp = false;
  };
  const comeUp = () => {
    isUp = true;
    onUp();
  };
  return { teller, messages, shrinking, watch, later, lineHas, goDown, comeUp };
}

const progressIn = (messages: readonly AgentMessage[]) =>
  messages.flatMap((message) => (message.type === "progress" ? [message.progress] : []));

describe("the progress that the hub hears", () => {
  it("never goes back and is never whole, whatever Forge tells", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 2, noNaN: true })), (shares) => {
        let told: Told | null = null;
        for (const share of shares) {
          const next = nextTold(told, seen(share), 0);
          expect(next.progress).toBeGreaterThanOrEqual(told?.progress ?? 0);
          expect(next.progress).toBeLessThanOrEqual(99);
          expect(Number.isInteger(next.progress)).toBe(true);
          told = next;
        }
      }),
    );
  });

  it("is told at once where it begins, and whenever the phase changes", () => {
    const { teller, messages } = startTeller();
    for (const phase of ["waiting", "waiting", "loading", "drawing", "finishing"] as const) {
      teller.progress(seen(0, { phase }));
    }
    const phases = messages.map((message) => message.type === "progress" && message.phase);
    expect(phases).toEqual(["waiting", "loading", "drawing", "finishing"]);
  });

  it("is told seldom while nobody watches, and at each step while somebody does", () => {
    const { teller, messages, watch, later } = startTeller();
    for (let step = 1; step <= 20; step++) {
      teller.progress(seen(step / 100));
      later(progressUnwatchedMs / 10);
    }
    expect(progressIn(messages)).toEqual([1, 11]);
    watch(1);
    for (let step = 21; step <= 23; step++) teller.progress(seen(step / 100));
    expect(progressIn(messages)).toEqual([1, 11, 20, 21, 22, 23]);
    teller.progress(seen(0.23));
    expect(messages).toHaveLength(6);
  });

  it("is told anew to a socket that is new, without going back", () => {
    const { teller, messages, goDown, comeUp } = startTeller();
    comeUp();
    expect(messages).toEqual([]);
    teller.progress(seen(0.6));
    teller.progress(seen(0.2));
    goDown();
    comeUp();
    expect(progressIn(messages)).toEqual([60, 60]);
    teller.progress(seen(1, { phase: "finishing" }));
    comeUp();
    expect(progressIn(messages)).toEqual([60, 60, 99, 99]);
    teller.end();
    comeUp();
    expect(messages).toHaveLength(4);
  });

  it("is told again when its end is expected at another time", () => {
    const told = nextTold(null, seen(0.5, { remainingMs: 10_000 }), 0);
    const watched = (remainingMs: number | null, now: number) =>
      isWorthTelling(told, seen(0.5, { remainingMs }), { isWatched: true, now }, DURATIONS);
    expect(watched(8_000, 2_000)).toBe(false);
    expect(watched(8_000, 500)).toBe(true);
    expect(watched(8_000, 5_000)).toBe(true);
    expect(watched(null, 0)).toBe(true);
  });
});

describe("the pictures that the hub hears of", () => {
  it("are counted together with the progress, over all of a lease", async () => {
    const { teller, messages, shrinking } = startTeller();
    teller.progress(seen(0.1));
    teller.livePreview("data:");
    shrinking.shift()?.(PICTURE);
    await until("the picture", () => messages.length === 2);
    teller.finalPreview(1, PICTURE);
    expect(messages.map((message) => "n" in message && message.n)).toEqual([1, 2, 3]);
    expect(messages[1]).toEqual({
      type: "preview",
      ...LEASE,
      n: 2,
      index: 0,
      width: 64,
      height: 96,
      webp: PICTURE.webp.toString("base64"),
    });
  });

  it("are dropped while an earlier one is made small, and where one cannot be", async () => {
    const { teller, messages, shrinking } = startTeller();
    for (let count = 0; count < 3; count++) teller.livePreview("data:");
    expect(shrinking).toHaveLength(1);
    shrinking.shift()?.(null);
    await until("the next is taken", () => {
      teller.livePreview("data:");
      return shrinking.length === 1;
    });
    expect(messages).toEqual([]);
  });

  it("are only the finished ones, once there is one", async () => {
    const { teller, messages, shrinking } = startTeller();
    teller.livePreview("data:");
    teller.finalPreview(1, PICTURE);
    shrinking.shift()?.(PICTURE);
    teller.livePreview("data:");
    teller.finalPreview(2, PICTURE);
    await Promise.resolve();
    expect(shrinking).toEqual([]);
    expect(messages.map((message) => message.type === "preview" && message.index)).toEqual([1, 2]);
  });

  it("are told once, however often a job's delivery shows them", async () => {
    const { teller, messages, lineHas, goDown, comeUp } = startTeller();
    const shown = () => messages.flatMap((one) => (one.type === "preview" ? [one.index] : []));
    for (const index of [2, 1, 1, 2]) teller.finalPreview(index, PICTURE);
    expect(shown()).toEqual([2, 1]);
    goDown();
    for (const index of [1, 3, 3]) teller.finalPreview(index, PICTURE);
    lineHas(9);
    comeUp();
    expect(shown()).toEqual([2, 1, 3]);
  });

  it("reach a slow line one after the other, when it takes them", async () => {
    const { teller, messages, lineHas, goDown, comeUp } = startTeller();
    const shown = () => messages.flatMap((one) => (one.type === "preview" ? [one.index] : []));
    lineHas(2);
    for (let index = 1; index <= 64; index++) teller.finalPreview(index, PICTURE);
    expect(shown()).toEqual([1, 2]);
    lineHas(3);
    await until("it takes more", () => shown().length === 5);
    goDown();
    lineHas(60);
    comeUp();
    expect(shown()).toEqual(Array.from({ length: 64 }, (_, at) => at + 1));
    expect(messages.map((message) => "n" in message && message.n)).toEqual(shown());
  });

  it("and all else are told no more once the lease is over", async () => {
    const { teller, messages, shrinking, watch, comeUp } = startTeller();
    teller.progress(seen(0.1));
    teller.livePreview("data:");
    teller.end();
    shrinking.shift()?.(PICTURE);
    teller.progress(seen(0.9, { phase: "finishing" }));
    teller.livePreview("data:");
    teller.finalPreview(1, PICTURE);
    watch(1);
    comeUp();
    await Promise.resolve();
    expect(messages).toHaveLength(1);
  });
});
