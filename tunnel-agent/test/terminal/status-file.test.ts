import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AgentState, createAgentState } from "../../src/pipeline/agent-view.ts";
import {
  isRunning,
  keepStatusFile,
  readStatusFile,
  type StatusContent,
} from "../../src/terminal/status-file.ts";

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

  it("follows what changes, at most once a second", () => {
    vi.useFakeTimers();
    const kept = keep();
    const seen = new Set<string>();
    for (let at = 1; at <= 50; at++) {
      share(at / 100);
      vi.advanceTimersByTime(100);
      seen.add(text());
    }
    expect(seen.size).toBeLessThanOrEqual(6);
    vi.advanceTimersByTime(1_000);
    expect(read().current).toMatchObject({ mobilesd_job_id: "06d6e834", share: 0.5 });
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
    vi.advanceTimersByTime(2_000);
    share(0.2);
    vi.advanceTimersByTime(2_000);
    expect(troubles).toHaveLength(1);
    kept.end();
  });
});
