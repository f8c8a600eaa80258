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

describe("the number of waiting jobs on the terminal", () => {
  it("is asked when something happened, and never while nothing does", async () => {
    state.change({ queue: "connected" });
    await pass(1_000);
    expect(glance.waiting()).toEqual({ count: 3, isMinimum: false });
    await pass(86_400_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("is asked every ten seconds at most, and once more after the last thing that happened", async () => {
    state.change({ queue: "connected" });
    await pass(1_000);
    for (let at = 0; at < 20; at++) {
      end(String(at));
      await pass(100);
    }
    expect(ask).toHaveBeenCalledTimes(1);
    await pass(10_000);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("is not asked for progress alone", async () => {
    const job = { jobId: "a", label: "", phase: "drawing", remainingMs: null } as const;
    state.change({ queue: "connected", current: { ...job, share: 0 } });
    await pass(1_000);
    state.change({ current: { ...job, share: 0.5 } });
    await pass(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("is not told while the queue does not answer", async () => {
    state.change({ queue: "connected" });
    await pass(1_000);
    ask.mockRejectedValue(new Error("no network"));
    end("a");
    await pass(10_000);
    expect(glance.waiting()).toBeNull();
  });
});
