import { serialize } from "node:v8";
import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { LiveRun } from "../../src/domain/hub.ts";
import { mergeRun, progressEventOf } from "../../src/domain/runs.ts";

const JOB = "3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11";
const NOW = Date.parse("2026-11-02T12:00:00.000Z");

const told = (n: number, progress: number, more: object = {}) => ({
  type: "progress" as const,
  mobilesd_job_id: JOB,
  epoch: 3,
  n,
  progress,
  phase: "drawing" as const,
  remaining_ms: 5_000,
  ...more,
});

const preview = (n: number, more: object = {}) => ({
  type: "preview" as const,
  ...{ mobilesd_job_id: JOB, epoch: 3, n, index: 0, width: 8, height: 8, webp: "AAAA" },
  ...more,
});

/** What is known after some messages; those that say nothing new change nothing. */
const runsAfter = (...messages: readonly Parameters<typeof mergeRun>[1][]) =>
  messages.reduce<readonly LiveRun[]>((runs, one) => mergeRun(runs, one, NOW) ?? runs, []);

describe("the progress of a run", () => {
  it("is what its agent last told, with the moment at which it should end", () => {
    expect(runsAfter(told(1, 10), told(2, 40, { phase: "finishing", remaining_ms: null }))).toEqual(
      [{ jobId: JOB, epoch: 3, n: 2, progress: 40, phase: "finishing", endsAt: null }],
    );
    expect(runsAfter(told(1, 10))[0]?.endsAt).toBe(NOW + 5_000);
  });

  it("never goes back within a lease, whatever is told", () => {
    expect(runsAfter(told(1, 60), told(2, 40))[0]).toMatchObject({ n: 2, progress: 60 });
    expect(runsAfter(told(5, 60), preview(6))[0]).toMatchObject({ n: 6, progress: 60 });
  });

  it("begins anew with a new lease, and hears nothing of the old one any more", () => {
    expect(runsAfter(told(9, 90), told(1, 5, { epoch: 4 }))[0]).toMatchObject({
      epoch: 4,
      progress: 5,
    });
    expect(mergeRun(runsAfter(told(1, 5, { epoch: 4 })), told(9, 90), NOW)).toBeUndefined();
  });

  it("takes no message twice, and none that was overtaken", () => {
    const runs = runsAfter(told(5, 50));
    expect(mergeRun(runs, told(5, 55), NOW)).toBeUndefined();
    expect(mergeRun(runs, preview(4), NOW)).toBeUndefined();
  });

  it("is kept of a few jobs only, the latest ones", () => {
    const jobs = Array.from({ length: 20 }, (_, i) => told(1, i, { mobilesd_job_id: `job ${i}` }));
    const runs = runsAfter(...jobs);
    expect(runs.length).toBeLessThan(10);
    expect(runs.at(-1)?.jobId).toBe("job 19");
  });

  it("fits, with all else that travels with an agent's socket, into what a socket carries", () => {
    const jobs = Array.from({ length: 20 }, (_, i) =>
      told(2_000_000_000, 99, {
        mobilesd_job_id: JOB.replace("3f", String(10 + i)),
        epoch: 2_000_000_000,
        phase: "finishing",
      }),
    );
    const loadedCheckpoint = "\u5e74".repeat(LIMITS.forgeNameCharsMax);
    const note = {
      role: "agent",
      sessionId: `ses_${"x".repeat(22)}`,
      openedAt: NOW,
      heardAt: NOW,
      until: NOW,
      isStrange: false,
      box: { forge: "unusable", freeVramBytes: 80e9, loadedCheckpoint },
      runs: runsAfter(...jobs),
      isWatched: false,
    };
    expect(serialize(note).length).toBeLessThan(2_048);
  });

  it("is told in the words of an event", () => {
    expect(progressEventOf({ ...(runsAfter(told(7, 42))[0] as LiveRun) })).toEqual({
      type: "progress",
      mobilesd_job_id: JOB,
      sequence: [3, 7],
      status: "processing",
      progress: 42,
      phase: "drawing",
      estimated_completion_time: "2026-11-02T12:00:05.000Z",
    });
  });
});
