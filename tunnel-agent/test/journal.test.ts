import { mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openJournal } from "../src/journal.ts";

const folder = () => mkdtempSync(join(tmpdir(), "agent-journal-"));
const run = (taskId: string) => ({
  task_id: taskId,
  mobilesd_job_id: "2f1f7a52-93a0-4d0f-9d2c-0d7ef0b6a001",
  epoch: 3,
  posted_at: "2026-01-01T00:00:00.000Z",
});

describe("the journal", () => {
  it("knows after a restart which runs were handed to Forge and not seen to end", async () => {
    const dir = folder();
    const journal = openJournal(dir);
    await journal.add(run("task(a)"));
    await journal.add(run("task(b)"));
    await journal.remove("task(a)");
    expect(openJournal(dir).openRuns()).toEqual([run("task(b)")]);
  });

  it("knows after a restart which options are the owner's", async () => {
    const dir = folder();
    const lent = { emphasis: { own: "Original", ours: "None" } };
    const journal = openJournal(dir);
    await journal.setLent(lent);
    await journal.add(run("task(a)"));
    expect(openJournal(dir).lent()).toEqual(lent);
    await journal.setLent({});
    expect(openJournal(dir).lent()).toEqual({});
    expect(openJournal(dir).openRuns()).toHaveLength(1);
  });

  it("of an older version, without options, is understood", () => {
    const dir = folder();
    writeFileSync(join(dir, "journal.json"), '{"open_runs": []}');
    expect(openJournal(dir).lent()).toEqual({});
  });

  it("is readable by its owner only, and leaves no half-written file behind", async () => {
    const dir = folder();
    await openJournal(dir).add(run("task(a)"));
    expect(readdirSync(dir)).toEqual(["journal.json"]);
    expect(statSync(join(dir, "journal.json")).mode & 0o077).toBe(0);
  });

  it("is never guessed at when it is damaged: the agent says so and does not start", () => {
    const dir = folder();
    writeFileSync(join(dir, "journal.json"), '{"open_runs": [{');
    expect(() => openJournal(dir)).toThrow(/journal\.json is damaged/);
  });
});
