import { type JobEvent, LIMITS, type PreviewEvent, type ProgressEvent } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { EventLog, type NewEvent } from "../../src/domain/event-log.ts";

const job = (id: string): NewEvent<JobEvent> => ({
  type: "job",
  mobilesd_job_id: id,
  sequence: [1, 0],
  status: "pending",
  progress: 0,
  job: null,
});

const preview = (id: string, n: number): NewEvent<PreviewEvent> => ({
  type: "preview",
  mobilesd_job_id: id,
  sequence: [1, n],
  status: "processing",
  ...{ index: 0, width: 8, height: 8, webp: "AAAA" },
});

const progress = (id: string): NewEvent<ProgressEvent> => ({
  type: "progress",
  mobilesd_job_id: id,
  sequence: [1, 1],
  status: "processing",
  progress: 5,
  phase: "drawing",
  estimated_completion_time: null,
});

const namesSince = (log: EventLog, id: string) =>
  log.since(id)?.map(({ event }) => (event.type === "job" ? event.mobilesd_job_id : event.type));

describe("whoever comes back with the last event that they heard", () => {
  it("gets every change of a row since, in order, with its owner", () => {
    const log = new EventLog("life");
    const first = log.add(job("a"), "anna");
    log.add(job("b"), "ben");
    log.add(job("c"), "anna");
    expect(namesSince(log, first.event.id)).toEqual(["b", "c"]);
    expect(log.since(first.event.id)?.map(({ ownerId }) => ownerId)).toEqual(["ben", "anna"]);
    expect(log.since(log.lastId())).toEqual([]);
  });

  it("resumes behind progress too, which is not told again", () => {
    const log = new EventLog("life");
    log.add(job("a"), null);
    const { event } = log.add(progress("a"), null);
    log.add(progress("a"), null);
    log.add(job("b"), null);
    expect(namesSince(log, event.id)).toEqual(["b"]);
  });

  it("learns of a gap once more happened than is remembered", () => {
    const log = new EventLog("life");
    const first = log.add(job("a"), null);
    for (let i = 0; i < LIMITS.eventsKeptMax; i++) log.add(job("b"), null);
    expect(log.since(first.event.id)).toHaveLength(LIMITS.eventsKeptMax);
    log.add(job("c"), null);
    expect(log.since(first.event.id)).toBeUndefined();
  });

  it("learns of a gap when what happened was too much to be kept, however few events it was", () => {
    const log = new EventLog("life");
    const first = log.add(job("a"), null);
    for (let i = 0; i < 30; i++) log.add(job("b".repeat(200_000)), null);
    expect(log.since(first.event.id)).toBeUndefined();
    const kept = log.since("life.25");
    expect(kept).toHaveLength(6);
  });

  it.each(["", "life", "life.", "life.x", "life.99", "other.1", "life.1.1", ".1", "life.-1"])(
    "learns of a gap when the event is none of this hub's life: %j",
    (id) => {
      const log = new EventLog("life");
      log.add(job("a"), null);
      log.add(job("b"), null);
      expect(log.since(id)).toBeUndefined();
    },
  );
});

describe("the latest preview of a running job", () => {
  it("is there for whoever comes later, until the job runs no more", () => {
    const log = new EventLog("life");
    log.add(preview("a", 1), "anna");
    const latest = log.add(preview("a", 2), "anna");
    expect(log.previewOf("a", 1)).toEqual(latest);
    expect(log.previewOf("a", 2)).toBeUndefined();
    log.forgetPreview("a");
    expect(log.previewOf("a", 1)).toBeUndefined();
  });

  it("is kept of a few jobs at most: each is as large as all else together", () => {
    const log = new EventLog("life");
    const ids = Array.from({ length: 12 }, (_, i) => `job ${i}`);
    for (const id of ids) log.add(preview(id, 1), null);
    const kept = ids.filter((id) => log.previewOf(id, 1));
    expect(kept).toEqual(ids.slice(-2 - LIMITS.deliveriesMax));
  });
});
