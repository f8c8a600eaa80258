import type { PreviewEvent, ProgressEvent, Sequence } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { type LiveRun, withPreview, withProgress } from "../../src/web/live-run.ts";

const of = (sequence: Sequence) =>
  ({ id: "life.1", mobilesd_job_id: "a", sequence, status: "processing" }) as const;

const told = (sequence: Sequence, progress: number): ProgressEvent => ({
  type: "progress",
  ...of(sequence),
  progress,
  phase: "drawing",
  estimated_completion_time: "2026-11-25T12:00:00Z",
});

const drawn = (sequence: Sequence, webp: string, index = 0): PreviewEvent => ({
  type: "preview",
  ...of(sequence),
  index,
  width: 64,
  height: 96,
  webp,
});

/** A run after some events, in the order in which they came. */
function runAfter(...events: readonly (ProgressEvent | PreviewEvent)[]): LiveRun | undefined {
  return events.reduce<LiveRun | undefined>(
    (run, event) =>
      event.type === "progress" ? withProgress(run, event) : withPreview(run, event),
    undefined,
  );
}

describe("the progress of a run", () => {
  it("is the newest word, in whatever order words come", () => {
    expect(runAfter(told([1, 1], 10), told([1, 3], 30), told([1, 2], 20))?.progress).toBe(30);
    expect(runAfter(told([1, 3], 30))?.endsAt).toBe(Date.parse("2026-11-25T12:00:00Z"));
  });

  it("never goes back within a lease", () => {
    expect(runAfter(told([1, 1], 50), told([1, 2], 40))?.progress).toBe(50);
  });

  it("begins anew with a new lease, and hears nothing of the old one any more", () => {
    const run = runAfter(told([1, 9], 90), told([2, 1], 5), told([1, 10], 95));
    expect(run).toMatchObject({ epoch: 2, progress: 5 });
  });
});

describe("the picture of a run", () => {
  it("is the newest one, though a later word of progress came before it", () => {
    const run = runAfter(told([1, 5], 50), drawn([1, 4], "bbbb"), drawn([1, 2], "aaaa"));
    expect(run?.growing).toEqual({ src: "data:image/webp;base64,bbbb", width: 64, height: 96 });
    expect(run?.progress).toBe(50);
  });

  it("is kept by its number once it is finished", () => {
    const run = runAfter(drawn([1, 1], "grow"), drawn([1, 2], "aaaa", 1), drawn([1, 3], "bbbb", 2));
    expect([...(run?.finals.keys() ?? [])]).toEqual([1, 2]);
    expect(run?.finals.get(2)?.src).toBe("data:image/webp;base64,bbbb");
  });

  it("of an earlier lease is gone with the first word of a new one", () => {
    expect(runAfter(drawn([1, 1], "aaaa"), told([2, 1], 1))?.growing).toBeNull();
    expect(runAfter(told([2, 1], 1), drawn([1, 1], "aaaa"))?.growing).toBeNull();
  });
});
