import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { AgentView } from "../../src/pipeline/agent-view.ts";
import { frameOf } from "../../src/terminal/frame.ts";
import { plain } from "../../src/terminal/paint.ts";
import { openScreen } from "./screen.ts";

const AT = new Date(2026, 0, 1, 14, 3);
const JOB = "06d6e834-072d-437c-b96a-c0138b8895c5";
const NEXT = "1f2e3d4c-072d-437c-b96a-c0138b8895c5";

const IDLE: AgentView = {
  queue: "connected",
  serverAlias: "Attic",
  mode: "active",
  stopping: null,
  forge: "ready",
  current: null,
  next: null,
  uploads: [],
  mayMoreWait: false,
  lately: [],
  done: 0,
};
const BUSY: AgentView = {
  ...IDLE,
  forge: "working",
  current: {
    jobId: JOB,
    label: "1024×1024, 30 steps, ponyXL",
    share: 0.489,
    phase: "drawing",
    remainingMs: 12_000,
  },
  next: { jobId: NEXT, where: "in Forge" },
  uploads: [{ jobId: "2b3c4d5e-0", done: 1, total: 4 }],
  lately: [{ jobId: "9a8b7c6d-0", end: "completed", at: AT }],
  done: 12,
};

const draw = (view: AgentView, columns = 80, more = {}) =>
  frameOf({ view, waiting: null, ageMs: 0, ...more }, columns, plain);

describe("the live view", () => {
  it("is one line while nothing is done", () => {
    const waiting = { count: 0, isMinimum: false };
    expect(draw(IDLE, 80, { waiting })).toEqual([
      "  Attic · connected · Forge ready · nothing waits · 0 done",
    ]);
  });

  it("tells the running job, the next one, uploads and what was done lately", () => {
    expect(draw(BUSY, 80, { waiting: { count: 3, isMinimum: false } })).toEqual([
      "  Attic · connected · Forge at work · 3 wait · 12 done",
      `  06d6e834 ${"█".repeat(14)}${"░".repeat(15)} 48 % · drawing · 12 s left`,
      "           1024×1024, 30 steps, ponyXL",
      "  next     1f2e3d4c, in Forge already",
      "  uploads  2b3c4d5e 1 of 4",
      "  lately   9a8b7c6d completed 14:03",
    ]);
  });

  it.each([80, 60, 40, 24, 10])("fits a terminal of %i columns", async (columns) => {
    const job = { ...BUSY.current, label: "画".repeat(60) } as AgentView["current"];
    const view: AgentView = { ...BUSY, queue: "away", mode: "draining", current: job };
    const lines = draw(view, columns, { waiting: { count: 100, isMinimum: true } });
    const screen = openScreen(columns, () => undefined);
    screen.out.write(lines.join("\n"));
    expect(await screen.lines()).toEqual(lines.map((line) => line.trimEnd()));
  });

  it("counts the time left down between two looks, and never below nothing", () => {
    expect(draw(BUSY, 80, { ageMs: 5_000 })[1]).toContain("7 s left");
    expect(draw(BUSY, 80, { ageMs: 60_000 })[1]).toContain("0 s left");
  });

  it("never says 100 % of a job that the queue does not have yet", () => {
    const current = { ...BUSY.current, share: 1 } as AgentView["current"];
    expect(draw({ ...BUSY, current })[1]).toContain(" 99 % ");
  });

  it("says what is out of the ordinary", () => {
    expect(draw({ ...IDLE, queue: "away" })[0]).toContain("queue out of reach, trying again");
    expect(draw({ ...IDLE, queue: "away", serverAlias: null })[0]).toContain("connecting");
    expect(draw({ ...IDLE, queue: "polling" })[0]).toContain("connected by polling");
    expect(draw({ ...IDLE, mode: "paused" })[0]).toContain("paused");
    expect(draw({ ...IDLE, forge: "absent" })[0]).toContain("Forge does not answer");
  });

  it("says that the agent stops, and no longer how many wait", () => {
    const waiting = { count: 0, isMinimum: false };
    expect(draw({ ...BUSY, stopping: "after the job" }, 80, { waiting })[0]).toBe(
      "  Attic · connected · stopping: takes no new job · Forge at work · 12 done",
    );
    expect(draw({ ...BUSY, stopping: "now" }, 80, { waiting })[0]).toContain("stopping now");
  });

  it("lets no name of the box steer the terminal", () => {
    const label = "a\u001b[2Jb\u0007c\nd";
    const current = { ...BUSY.current, label } as AgentView["current"];
    const lines = draw({ ...BUSY, current });
    expect(lines[2]).toBe("           ab c d");
    expect(lines.every((line) => stripVTControlCharacters(line) === line)).toBe(true);
  });
});
