import type { JobEvent, JobView } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { LiveRun } from "../../src/domain/hub.ts";
import { addressedTo, isAlive, jobEventOf, mayHear } from "../../src/domain/watching.ts";

const view = {
  mobilesd_job_id: "a",
  progress: 0,
  images: [
    { name: "a_00001.png", preview_url: "/p", download_url: "/d" },
    { name: "a_00002.png", preview_url: null, download_url: "https://elsewhere/d" },
  ],
} as unknown as JobView;

const newsOf = (status: JobEvent["status"], epoch = 3) => ({
  ownerId: "anna",
  epoch,
  event: { type: "job" as const, mobilesd_job_id: "a", status, job: view },
});

const RUN: LiveRun = { jobId: "a", epoch: 3, n: 7, progress: 42, phase: "drawing", endsAt: null };

it.each([
  ["anna", "anna", true],
  ["anna", "ben", false],
  [null, "ben", true],
  ["anna", null, true],
  [null, null, true],
] as const)("whoever sees the jobs of %j and hears of %j's: %j", (scope, ownerId, isHeard) => {
  expect(mayHear(scope, ownerId)).toBe(isHeard);
});

describe("a change of a row", () => {
  it("comes with how far the job is, and after what its agent told so far", () => {
    const event = jobEventOf(newsOf("processing"), [RUN]);
    expect(event).toMatchObject({ sequence: [3, 7], progress: 42, job: { progress: 42 } });
    expect(jobEventOf(newsOf("processing", 4), [RUN])).toMatchObject({ sequence: [4, 0] });
  });

  it("tells no less of a run than whoever tells of its row, should the hub have forgotten it", () => {
    const news = newsOf("processing");
    const told = { ...news, event: { ...news.event, job: { ...view, progress: 60 } } };
    expect(jobEventOf(told, [])).toMatchObject({ progress: 60, job: { progress: 60 } });
    expect(jobEventOf(told, [RUN])).toMatchObject({ progress: 60, job: { progress: 60 } });
    expect(jobEventOf(newsOf("processing"), [RUN])).toMatchObject({ progress: 42 });
  });

  it.each([
    ["completed", 100],
    ["pending", 0],
    ["failed", 0],
    ["cancelled", 0],
    [null, 0],
  ] as const)("is at the progress of its status %j: %d", (status, progress) => {
    expect(jobEventOf(newsOf(status), [RUN])).toMatchObject({ progress, job: { progress } });
  });

  it("names pictures by the address by which each watcher reaches the queue", () => {
    const event = { ...jobEventOf(newsOf("completed"), []), id: "x.1" } as JobEvent;
    expect(addressedTo("http://mine", event)).toMatchObject({
      job: {
        images: [
          { preview_url: "http://mine/p", download_url: "http://mine/d" },
          { preview_url: null, download_url: "https://elsewhere/d" },
        ],
      },
    });
    expect(event.job?.images[0]?.download_url).toBe("/d");
  });
});

describe("a socket that still stands", () => {
  const SILENT_AFTER_MS = 45_000;
  const silent = { openedAt: 1_000, heardAt: null, pingedAt: null };

  it("is taken for alive for as long as its other end may be silent", () => {
    expect(isAlive(silent, 45_999, SILENT_AFTER_MS)).toBe(true);
    expect(isAlive(silent, 46_000, SILENT_AFTER_MS)).toBe(false);
  });

  it("shows life by a message as well as by a ping that the platform answered", () => {
    expect(isAlive({ ...silent, heardAt: 50_000 }, 90_000, SILENT_AFTER_MS)).toBe(true);
    expect(isAlive({ ...silent, pingedAt: 50_000 }, 90_000, SILENT_AFTER_MS)).toBe(true);
    expect(isAlive({ ...silent, pingedAt: 40_000 }, 90_000, SILENT_AFTER_MS)).toBe(false);
  });
});
