import type { ServerView } from "@mobilesd/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AgentState, createAgentState } from "../../src/pipeline/agent-view.ts";
import { type QueueGlance, startQueueGlance } from "../../src/terminal/queue-glance.ts";

const SERVER = { queue_length: 3 } as ServerView;

let state: AgentState;
let glance: QueueGlance;
let nowMs: number;
const ask = vi.fn<() => Promise<ServerView>>();

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 0;
  ask.mockReset().mockResolvedValue(SERVER);
  state = createAgentState();
  glance = startQueueGlance({ state, ask, onNews: () => undefined, now: () => nowMs });
});

afterEach(() => {
  glance.end();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

const end = (jobId: string) => state.noteEnd({ jobId, end: "completed", at: new Date(0) });

const wait = (mayMoreWait: boolean) =>
  state.change({ queue: "connected", mode: "active", mayMoreWait });
const take = (jobId: string) => state.change({ next: { jobId, where: "held" } });

describe("the number of waiting jobs on the terminal", () => {
  it("is nothing where the queue has said so, without another question, however many jobs are run", async () => {
    wait(false);
    for (let at = 0; at < 20; at++) {
      take(String(at));
      await pass(10_000);
      end(String(at));
      await pass(10_000);
    }
    expect(glance.waiting()).toEqual({ count: 0, isMinimum: false });
    expect(ask).not.toHaveBeenCalled();
  });

  it("is asked where some wait and something happened, and never while nothing does", async () => {
    wait(true);
    expect(glance.waiting()).toBeNull();
    await pass(1_000);
    expect(glance.waiting()).toEqual({ count: 3, isMinimum: false });
    await pass(86_400_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("is asked every minute at most, and once more after the last thing that happened", async () => {
    wait(true);
    await pass(1_000);
    for (let at = 0; at < 20; at++) {
      end(String(at));
      await pass(1_000);
    }
    expect(ask).toHaveBeenCalledTimes(1);
    await pass(60_000);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("counts off in between what this agent takes", async () => {
    take("a");
    wait(true);
    await pass(1_000);
    take("b");
    await pass(1_000);
    expect(glance.waiting()).toMatchObject({ count: 2 });
    end("b");
    take("c");
    await pass(1_000);
    expect(glance.waiting()).toMatchObject({ count: 1 });
    wait(false);
    expect(glance.waiting()).toMatchObject({ count: 0 });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("is asked of a box that takes nothing as well", async () => {
    state.change({ queue: "connected", mode: "paused", mayMoreWait: false });
    await pass(1_000);
    expect(glance.waiting()).toMatchObject({ count: 3 });
  });

  it("is not asked for progress alone", async () => {
    const job = { jobId: "a", label: "", phase: "drawing", remainingMs: null } as const;
    wait(true);
    state.change({ current: { ...job, share: 0 } });
    await pass(60_000);
    const count = ask.mock.calls.length;
    state.change({ current: { ...job, share: 0.5 } });
    await pass(120_000);
    expect(ask).toHaveBeenCalledTimes(count);
  });

  it("is not told while the queue does not answer", async () => {
    wait(true);
    await pass(1_000);
    ask.mockRejectedValue(new Error("no network"));
    end("a");
    await pass(60_000);
    expect(glance.waiting()).toBeNull();
  });
});
