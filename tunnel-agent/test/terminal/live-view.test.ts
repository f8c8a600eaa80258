import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AgentState, createAgentState } from "../../src/pipeline/agent-view.ts";
import { type LiveView, startLiveView } from "../../src/terminal/live-view.ts";
import { plain } from "../../src/terminal/paint.ts";
import { openScreen, type Screen } from "./screen.ts";

const JOB = { jobId: "06d6e834-072d", label: "512×512, 20 steps", phase: "drawing" } as const;

let screen: Screen;
let state: AgentState;
let view: LiveView;
let nowMs: number;

beforeEach(() => {
  // Only the timers: the terminal itself works in real time.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  nowMs = 0;
  // What the terminal puts off while it works is due a millisecond later.
  screen = openScreen(80, () => void vi.advanceTimersByTime(1));
  state = createAgentState();
  state.change({ queue: "connected", serverAlias: "Attic", forge: "ready" });
  const now = () => nowMs;
  const waiting = () => null;
  view = startLiveView({ out: screen.out, state, paint: plain, waiting, now });
});

afterEach(() => {
  view.end();
  vi.useRealTimers();
});

function pass(ms: number): void {
  nowMs += ms;
  vi.advanceTimersByTime(ms);
}

const run = (share: number, remainingMs: number | null = null) =>
  state.change({ current: { ...JOB, share, remainingMs } });

const BOX = "  Attic · connected · Forge ready · 0 done";

describe("the live view on a terminal", () => {
  it("is redrawn in place: there is one of it, however often it changes", async () => {
    for (let step = 1; step <= 50; step++) {
      run(step / 100);
      pass(300);
    }
    const lines = await screen.lines();
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(" 50 % · drawing");
    state.noteEnd({ jobId: JOB.jobId, end: "completed", at: new Date(2026, 0, 1, 9, 5) });
    pass(300);
    expect(await screen.lines()).toEqual([
      "  Attic · connected · Forge ready · 1 done",
      "  lately   06d6e834 completed 09:05",
    ]);
  });

  it("shows the rows of now and no others when some in its middle go or come", async () => {
    const lately = { jobId: "9a8b7c6d", end: "completed", at: new Date(2026, 0, 1, 9, 5) } as const;
    const next = { jobId: "1f2e3d4c", where: "held" } as const;
    const uploads = [{ jobId: "2b3c4d5e", done: 1, total: 4 }];
    const last = "  lately   9a8b7c6d completed 09:05";
    const [nextRow, uploadsRow] = ["  next     1f2e3d4c, held", "  uploads  2b3c4d5e 1 of 4"];
    state.noteEnd(lately);
    const rows = async (share: number, more: Parameters<AgentState["change"]>[0]) => {
      state.change({ current: { ...JOB, share, remainingMs: null }, ...more });
      pass(300);
      const [box, bar, label, ...others] = await screen.lines();
      expect([box, bar, label]).toEqual([
        expect.stringContaining("Attic"),
        expect.stringContaining(` ${share * 100} % `),
        expect.stringContaining(JOB.label),
      ]);
      return others;
    };
    expect(await rows(0.25, { next, uploads })).toEqual([nextRow, uploadsRow, last]);
    expect(await rows(0.5, { next: null })).toEqual([uploadsRow, last]);
    expect(await rows(0.5, { uploads: [] })).toEqual([last]);
    expect(await rows(0.75, { next })).toEqual([nextRow, last]);
  });

  it("says of itself that the agent stops", async () => {
    state.change({ stopping: "after the job" });
    pass(300);
    expect((await screen.lines())[0]).toContain("stopping: takes no new job");
    state.change({ stopping: "now" });
    pass(300);
    expect((await screen.lines())[0]).toContain("stopping now");
  });

  it("leaves a long sentence whole: the terminal wraps it, so an address can be copied", async () => {
    const write = vi.spyOn(screen.out, "write");
    const long = `${"word ".repeat(14)}forge=http://127.0.0.1:41885 job_id=160d84d1-62de-45d3`;
    view.above(long);
    expect(write.mock.calls.map(([text]) => String(text))).toContain(`${long}\n`);
    expect(await screen.lines()).toEqual([long.slice(0, 80), long.slice(80), BOX]);
  });

  it("stays below what the log says, which scrolls away above it", async () => {
    run(0.5);
    pass(300);
    for (let at = 1; at <= 60; at++) view.above(`sentence ${at}`);
    const lines = await screen.lines();
    const said = Array.from({ length: 60 }, (_, at) => `sentence ${at + 1}`);
    expect(lines.slice(0, 60)).toEqual(said);
    expect(lines).toHaveLength(63);
    expect(lines[60]).toBe(BOX);
  });

  it("is written at most four times a second, and not at all while nothing changes", async () => {
    await screen.lines();
    const write = vi.spyOn(screen.out, "write");
    for (let at = 0; at < 100; at++) {
      run(at / 100);
      pass(10);
    }
    expect(write.mock.calls.length).toBeLessThanOrEqual(5);
    state.change({ current: null });
    pass(300);
    write.mockClear();
    pass(600_000);
    expect(write).not.toHaveBeenCalled();
  });

  it("counts the time left down by itself", async () => {
    run(0.5, 30_000);
    pass(300);
    pass(10_000);
    expect((await screen.lines())[1]).toContain("20 s left");
  });

  it.each([40, 20, 120])(
    "leaves nothing of itself behind when resized to %i columns",
    async (columns) => {
      view.above("what stays");
      run(0.5);
      pass(300);
      await screen.resize(columns);
      pass(300);
      const text = (await screen.lines()).join(" ");
      expect(text.match(/06d6e834/g)).toHaveLength(1);
      expect(text.match(/Attic/g)).toHaveLength(1);
      expect(text.replaceAll(/\s+/g, " ")).toContain("what stays");
    },
  );

  it("loses nothing on a terminal that says it has no size", async () => {
    view.end();
    Object.assign(screen.out, { columns: 0, rows: 0 });
    const [now, waiting] = [() => nowMs, () => null];
    view = startLiveView({ out: screen.out, state, paint: plain, waiting, now });
    view.above("the first");
    expect(await screen.lines()).toEqual(["the first", BOX]);
  });

  it("leaves the terminal with what was said and nothing else, at the start of a line", async () => {
    view.above("the first");
    run(0.5);
    pass(300);
    view.above("the last");
    view.end();
    expect(await screen.lines()).toEqual(["the first", "the last"]);
    expect(await screen.cursor()).toEqual({ row: 2, column: 0 });
    run(0.6);
    pass(1_000);
    expect(await screen.lines()).toEqual(["the first", "the last"]);
  });
});
