import type { ListedJob, ServerView } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { boxOfJob, withItsBox } from "../../src/web/box-of-job.ts";
import { isDrawing, statusWord } from "../../src/web/words.ts";

const SEEN = "2026-11-25T12:00:00Z";
const box = (alias: string, is_present: boolean) =>
  ({ alias, is_present, last_seen_at: SEEN }) as ServerView;

const running = {
  status: "processing",
  status_reason: "running",
  target_server_alias: "Attic",
  server_alias: null,
  estimated_completion_time: "2026-11-25T12:00:20Z",
} as ListedJob;

describe("a job whose box the page knows to be away", () => {
  it("is told to be away with it, without an end, though its row has it later only", () => {
    const job = withItsBox(running, box("Attic", false));
    expect(statusWord(job)).toBe("Box away");
    expect(isDrawing(job)).toBe(false);
    expect(job).toMatchObject({ server_away_since: SEEN, estimated_completion_time: null });
    const waiting = { ...running, status: "pending", status_reason: "queued" } as ListedJob;
    expect(withItsBox(waiting, box("Attic", false)).status_reason).toBe("waiting_for_server");
  });

  it("stays as its row has it where that says more, or the box is there", () => {
    expect(withItsBox(running, box("Attic", true))).toBe(running);
    expect(withItsBox(running, undefined)).toBe(running);
    const paused = { ...running, status: "pending", status_reason: "paused" } as ListedJob;
    expect(withItsBox(paused, box("Attic", false))).toBe(paused);
  });

  it("is at the box that has it, else at the one it is for", () => {
    const boxes = [box("Attic", true), box("Cellar", true)];
    expect(boxOfJob(boxes, running)?.alias).toBe("Attic");
    expect(boxOfJob(boxes, { ...running, server_alias: "Cellar" })?.alias).toBe("Cellar");
    expect(boxOfJob([], running)).toBeUndefined();
  });
});
