import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let agents: TestAgent[];

beforeEach(async () => {
  agents = [];
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.1 })]);
});

afterEach(async () => {
  for (const agent of agents) agent.stop.stopNow();
  await Promise.all(agents.map((agent) => agent.end));
  await forge.stop();
  await queue.stop();
});

function run(more: Partial<Parameters<typeof startAgent>[0]> = {}): TestAgent {
  const base = { url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url };
  const agent = startAgent({ ...base, ...more });
  agents.push(agent);
  return agent;
}

/** Some seconds of work for this demo Forge: long enough to be stopped in the middle. */
const LONG = { width: 1024, height: 1024, steps: 60 };
const sampling = () =>
  until("Forge samples", () => (forge.jobs.at(-1)?.stepsDone ?? 0) >= 2 && forge.jobs.at(-1));
const cancel = (id: string) => queue.owner.call("cancelJob", { params: { id } });

describe("a cancel", () => {
  it("of a running job interrupts it, drops what was half drawn, and harms no other job", async () => {
    run();
    const id = await queue.submit(LONG);
    const job = await sampling();
    const next = await queue.submit();
    expect(await cancel(id)).toMatchObject({ status: "processing", status_reason: "cancelling" });
    const view = await queue.reach(id, "cancelled");
    expect(view).toMatchObject({ status_reason: "user_cancelled", images: [] });
    // The cancel is answered once its interrupt is through; Forge obeys at its next step.
    await until("it has left Forge", () => job.endAt !== null);
    expect(job.isInterrupted).toBe(true);
    expect(job.stepsDone).toBeLessThan(LONG.steps);
    expect((await queue.reach(next, "completed")).images).toHaveLength(1);
    expect(forge.jobs.at(-1)?.isInterrupted).toBe(false);
    const bucket = await queue.worker.bucket();
    const { objects } = await bucket.list({ prefix: "owners/" });
    expect(objects.filter((object) => object.key.includes(id))).toEqual([]);
  });

  it("never touches the work of somebody who sits at Forge", async () => {
    run();
    await queue.reach(await queue.submit(), "completed");
    const own = fetch(`${forge.url}/sdapi/v1/txt2img`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "mine", ...LONG, force_task_id: "task(theirs)" }),
    });
    await until("theirs runs", () => forge.jobs.at(-1)?.taskId === "task(theirs)");
    const id = await queue.submit();
    await cancel(id);
    await queue.reach(id, "cancelled");
    expect((await own).status).toBe(200);
    expect(forge.jobs.find((job) => job.taskId === "task(theirs)")?.isInterrupted).toBe(false);
  });
});

describe("an agent that is told to stop", () => {
  it("lets the running job end and takes no other", async () => {
    const agent = run();
    const [first, second] = [await queue.submit(LONG), await queue.submit()];
    await sampling();
    agent.stop.stopGracefully(60_000);
    expect(await agent.end).toBe("stopped");
    expect((await queue.status(first)).status).toBe("completed");
    expect((await queue.status(second)).status).toBe("pending");
  });

  it("at once gives the job back at no attempt's cost", async () => {
    const agent = run();
    const id = await queue.submit(LONG);
    const job = await sampling();
    agent.stop.stopNow();
    expect(await agent.end).toBe("stopped");
    await until("Forge stops it at its next step", () => job.isInterrupted);
    const view = await queue.owner.call("getJob", { params: { id } });
    expect(view).toMatchObject({ status: "pending", attempt_count: 0, interruption_count: 0 });
    run();
    await queue.reach(id, "completed");
  });
});

describe("an agent that must go while Forge hangs", () => {
  it("still gives its job back before it goes", async () => {
    forge.faults.set({ hangAtStep: 2 });
    const agent = run();
    const id = await queue.submit(LONG);
    await sampling();
    agent.stop.stopNow();
    expect(await agent.end).toBe("stopped");
    expect((await queue.status(id)).status).toBe("pending");
    forge.faults.clear();
  });
});

describe("a second agent with the same key", () => {
  it("takes over: the first ends, and the job is made once more, not twice", async () => {
    const first = run();
    const id = await queue.submit(LONG);
    await sampling();
    run();
    expect(await first.end).toBe("superseded");
    const view = await queue.reach(id, "completed");
    expect(view.images).toHaveLength(1);
    const { interruption_count, attempt_count } = await queue.owner.call("getJob", {
      params: { id },
    });
    expect({ interruption_count, attempt_count }).toEqual({
      interruption_count: 1,
      attempt_count: 1,
    });
  });
});

describe("a key that the queue does not know", () => {
  it("ends the agent with a word instead of asking for ever", async () => {
    const { key } = queue.agentKey;
    const { secret } = queue.ownerKey;
    const agent = run({ key: { key, secret } });
    expect(await agent.end).toBe("refused");
    expect(agent.lines.join("\n")).toContain("Invalid API credentials");
  });
});
