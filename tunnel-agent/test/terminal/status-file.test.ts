import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerView } from "@mobilesd/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AgentState, createAgentState } from "../../src/pipeline/agent-view.ts";
import {
  isRunning,
  keepStatusFile,
  readStatusFile,
  type StatusContent,
} from "../../src/terminal/status-file.ts";
import { statusWords } from "../../src/terminal/status-words.ts";

let stateDir: string;
let state: AgentState;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "agent-status-"));
  state = createAgentState();
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(stateDir, { recursive: true, force: true });
});

const path = () => join(stateDir, "status.json");
const text = () => readFileSync(path(), "utf8");
const read = () => readStatusFile(stateDir) as StatusContent;

function keep(onTrouble: (error: Error) => void = (error) => expect.fail(error.message)) {
  const wallClock = () => new Date();
  return keepStatusFile({ stateDir, state, agentVersion: "1.2.3", wallClock, onTrouble });
}

const share = (value: number) => {
  const job = { jobId: "06d6e834", label: "512×512", phase: "drawing", remainingMs: 1 } as const;
  state.change({ current: { ...job, share: value } });
};

describe("the agent's status file", () => {
  it("tells from the start who runs, to this user alone", () => {
    const kept = keep();
    expect(read()).toMatchObject({ pid: process.pid, agent_version: "1.2.3", ended_at: null });
    if (process.platform !== "win32") expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(isRunning(read(), new Date())).toBe(true);
    kept.end();
  });

  it("follows numbers that move, at most every 5 s", () => {
    vi.useFakeTimers();
    share(0);
    const kept = keep();
    const seen = new Set<string>();
    for (let at = 1; at <= 200; at++) {
      share(at / 400);
      state.change({ uploads: [{ jobId: "0a1b2c3d", done: 1 + Math.floor(at / 50), total: 9 }] });
      vi.advanceTimersByTime(100);
      seen.add(text());
    }
    // One for the upload that began, and four of 20 s.
    expect(seen.size).toBeLessThanOrEqual(6);
    vi.advanceTimersByTime(5_000);
    expect(read().current).toMatchObject({ mobilesd_job_id: "06d6e834", share: 0.5 });
    expect(read().uploads).toMatchObject([{ done: 5 }]);
    kept.end();
  });

  it.each([
    ["job", () => state.change({ current: null }), { current: null }],
    [
      "next job",
      () => state.change({ next: { jobId: "a", where: "held" } }),
      { next: { where: "held" } },
    ],
    ["mode", () => state.change({ mode: "paused" }), { mode: "paused" }],
    ["stop", () => state.change({ stopping: "now" }), { stopping: "now" }],
    ["connection", () => state.change({ queue: "polling" }), { queue: "polling" }],
    ["Forge", () => state.change({ forge: "absent" }), { forge: "absent" }],
    [
      "number of jobs done",
      () => state.noteEnd({ jobId: "06d6e834", end: "completed", at: new Date() }),
      { done: 1, current: null },
    ],
  ])("follows another %s at once, also while numbers move", (_what, change, written) => {
    vi.useFakeTimers();
    share(0);
    const kept = keep();
    share(0.1);
    vi.advanceTimersByTime(1_000);
    change();
    vi.advanceTimersByTime(100);
    expect(read()).toMatchObject(written);
    kept.end();
  });

  it("is marked at the end, so that nobody takes the agent for running", () => {
    keep().end();
    expect(read().ended_at).not.toBeNull();
    expect(isRunning(read(), new Date())).toBe(false);
  });

  it("is left to a newer agent that keeps its own there", () => {
    const kept = keep();
    const theirs = JSON.stringify({ ...read(), pid: process.ppid });
    writeFileSync(path(), theirs);
    kept.end();
    expect(text()).toBe(theirs);
  });

  it("of a killed agent, or of one before the machine's start, means that none runs", () => {
    keep();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    expect(isRunning({ ...read(), pid }, new Date())).toBe(false);
    expect(isRunning({ ...read(), started_at: "2020-01-01T00:00:00Z" }, new Date())).toBe(false);
  });

  it("that is missing, cut short or of another version is none", () => {
    expect(readStatusFile(stateDir)).toBeNull();
    writeFileSync(path(), '{"pid": 1');
    expect(readStatusFile(stateDir)).toBeNull();
    writeFileSync(path(), '{"pid": 1}');
    expect(readStatusFile(stateDir)).toBeNull();
  });

  it("that cannot be written is complained of once, and the agent works on", () => {
    vi.useFakeTimers();
    const troubles: Error[] = [];
    const kept = keep((error) => void troubles.push(error));
    rmSync(stateDir, { recursive: true });
    share(0.1);
    vi.advanceTimersByTime(6_000);
    share(0.2);
    vi.advanceTimersByTime(6_000);
    expect(troubles).toHaveLength(1);
    kept.end();
  });
});

describe("what `status` says of a running job", () => {
  const words = (ageMs: number) => {
    state.change({ uploads: [{ jobId: "0a1b2c3d", done: 1, total: 4 }] });
    share(0.37);
    keep().end();
    const agent = { ...read(), ended_at: null };
    const now = new Date(Date.parse(agent.updated_at) + ageMs);
    const report = { is_running: true, agent, server: null, queue_trouble: null };
    return statusWords(report, now, (_style, written) => written);
  };

  it("is plain where it is of this moment", () => {
    expect(words(400)).toContain("37 % · drawing · 0 s left");
    expect(words(400)).toContain("1 of 4\n");
  });

  it("tells how old its numbers are where they may have moved since", () => {
    expect(words(4_000)).toContain("37 % (4 s ago) · drawing");
    expect(words(4_000)).toContain("1 of 4 (4 s ago)");
  });
});

describe("what `status` says of the line", () => {
  const server: ServerView = {
    alias: "Attic",
    forge: null,
    agent_version: null,
    session_started_at: null,
    is_present: true,
    last_seen_at: "2026-01-01T09:00:00Z",
    is_connected: true,
    mode: "active",
    gpu: null,
    free_vram_bytes: null,
    loaded_checkpoint: null,
    forge_state: null,
    current_job: null,
    held_jobs: 0,
    has_catalogue: true,
    queue_length: 1,
    estimated_start_time: "2026-01-01T09:05:00Z",
  };
  const words = (more: Partial<ServerView>) => {
    const report = { is_running: false, agent: null, queue_trouble: null };
    const known = { ...server, ...more };
    return statusWords({ ...report, server: known }, new Date(), (_style, written) => written);
  };

  it("is when a new job would start, where the box takes one", () => {
    expect(words({})).toMatch(/In line {2}1 waits; a new job would start at \d\d:\d\d\n/);
  });

  it.each<[string, Partial<ServerView>]>([
    ["paused", { mode: "paused" }],
    ["draining", { mode: "draining" }],
    ["away", { is_present: false }],
    ["never seen", { is_present: false, last_seen_at: null }],
  ])("is no start of a job while the box is %s", (condition, more) => {
    expect(words(more)).toContain(condition);
    expect(words(more)).toContain("In line  1 waits\n");
  });

  it("is no start of a job while Forge does not take any", () => {
    for (const forge_state of ["busy", "starting", "absent", "unusable"]) {
      expect(words({ forge_state })).toContain("In line  1 waits\n");
    }
  });
});
