import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type DemoForge,
  type DemoForgeOptions,
  startDemoForge,
} from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import type { FAST } from "../support/box/durations.ts";
import { startFaultyProxy } from "../support/box/faulty-proxy.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

// Two jobs of some seconds each, and all that goes on beside them.
vi.setConfig({ testTimeout: 60_000 });

let queue: Queue;
let forge: DemoForge;
let agents: TestAgent[];

beforeEach(() => {
  agents = [];
});

afterEach(async () => {
  for (const agent of agents) agent.stop.stopNow();
  await Promise.all(agents.map((agent) => agent.end));
  await forge.stop();
  await queue.stop();
});

/** Limits that are not at stake here: a machine with more to do than this test must not come upon them. */
const PATIENT = { stepStallLimitMs: 60_000, leaseTtlMs: 60_000, cancelGraceMs: 20_000 };
/** The second of two jobs is handed to Forge as soon as it is known when the first one ends. */
const EARLY = {
  ...PATIENT,
  prefetchLeadMs: 60_000,
  prePostLeadMs: 60_000,
  prefetchReturnMs: 60_000,
};
/** The second of two jobs is taken as early, and handed over only in the last move of the first one. */
const HELD = { ...EARLY, prePostLeadMs: 1 };

async function open(durations: Partial<typeof FAST>, options: DemoForgeOptions = {}) {
  [queue, forge] = await Promise.all([
    startQueue(durations),
    startDemoForge({ timeScale: 0.1, ...options }),
  ]);
}

function run(more: Partial<Parameters<typeof startAgent>[0]> = {}): TestAgent {
  const base = { url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url };
  const agent = startAgent({ ...base, ...more });
  agents.push(agent);
  return agent;
}

async function openAndRun(...given: Parameters<typeof open>): Promise<TestAgent> {
  await open(...given);
  return run();
}

/** Some seconds of work for this demo Forge: long enough for all that happens meanwhile. */
const LONG = { width: 1024, height: 1024, steps: 60 };
const cancel = (id: string) => queue.owner.call("cancelJob", { params: { id } });
const pending = async () =>
  (await (await fetch(`${forge.url}/internal/pending-tasks`)).json()) as { tasks: string[] };
const sampling = (seed: number) =>
  until(`the job with seed ${seed} is drawn`, () =>
    forge.jobs.find((job) => job.seed === seed && job.stepsDone > 1),
  );
const runsOf = (seed: number) => forge.jobs.filter((job) => job.seed === seed);

/** Two jobs, the first being drawn and the second in Forge's lock. */
async function twoInForge(first: object = LONG, second: object = LONG) {
  const ids = [
    await queue.submit({ ...first, seed: 1 }),
    await queue.submit({ ...second, seed: 2 }),
  ] as const;
  await sampling(1);
  await until("the second waits in Forge", async () => (await pending()).tasks.length === 1);
  return ids;
}

/** The same, with the second in the agent's hands. */
async function oneHeld(agent: TestAgent) {
  const ids = [
    await queue.submit({ ...LONG, seed: 1 }),
    await queue.submit({ ...LONG, seed: 2 }),
  ] as const;
  await sampling(1);
  await until("the second is held", () => agent.view().next?.where === "held");
  return ids;
}

describe("a job that was handed to Forge behind another", () => {
  it("begins before the first one's pictures are even encoded", async () => {
    const agent = await openAndRun(EARLY);
    const ids = await twoInForge();
    expect(agent.view()).toMatchObject({
      current: { jobId: ids[0], phase: "drawing" },
      next: { jobId: ids[1], where: "in Forge" },
    });
    for (const id of ids) expect((await queue.reach(id, "completed")).images).toHaveLength(1);
    const [first, second] = forge.jobs;
    expect(first?.endAt).toBeLessThanOrEqual(second?.beginAt ?? 0);
    expect(second?.beginAt).toBeLessThan(first?.answeredAt ?? 0);
    expect(agent.view()).toMatchObject({ current: null, next: null, done: 2 });
  });

  it("stays whole when the first one is cancelled", async () => {
    await openAndRun(EARLY);
    const [first, second] = await twoInForge();
    await cancel(first);
    await queue.reach(first, "cancelled");
    expect((await queue.reach(second, "completed")).images).toHaveLength(1);
    expect(runsOf(1)[0]?.interruptedAt).not.toBeNull();
    const last = runsOf(2).at(-1);
    expect(last?.stepsDone).toBe(LONG.steps);
    expect((await queue.status(second)).retry_count).toBe(0);
  });

  it("ends as soon as it begins when it is cancelled, and harms neither the first nor the next", async () => {
    await openAndRun(EARLY);
    const [first, second] = await twoInForge();
    const third = await queue.submit({ seed: 3 });
    await cancel(second);
    await queue.reach(second, "cancelled");
    expect(runsOf(1)[0]?.state).toBe("running");
    for (const id of [first, third]) {
      expect((await queue.reach(id, "completed")).images).toHaveLength(1);
    }
    expect(runsOf(1).map((job) => job.isInterrupted)).toEqual([false]);
    expect(runsOf(2)[0]?.stepsDone).toBeLessThan(LONG.steps / 2);
    expect(runsOf(3).map((job) => job.isInterrupted)).toEqual([false]);
  });

  it("is not spoiled by somebody's Interrupt at Forge, which is known to have hit the first one", async () => {
    // A step and a decode must take longer than a look does: what ends sooner cannot be seen (forge-reference 8.5).
    const agent = await openAndRun(EARLY, { timeScale: 0.2 });
    const [first, second] = await twoInForge();
    await fetch(`${forge.url}/sdapi/v1/interrupt`, { method: "POST" });
    expect((await queue.reach(second, "completed")).images).toHaveLength(1);
    await until("the first is drawn anew", async () => {
      await queue.sweep();
      return (await queue.status(first)).status === "completed";
    });
    expect(agent.lines.join("\n")).toContain("Somebody pressed Interrupt");
    expect(runsOf(1).at(-1)?.stepsDone).toBe(LONG.steps);
    expect(runsOf(2).map((job) => job.stepsDone)).toEqual([LONG.steps]);
  });

  it("is drawn to its end before Forge is emptied for the first one, which ran out of memory", async () => {
    await openAndRun(EARLY);
    const ids = [await queue.submit({ ...LONG, seed: 1 }), await queue.submit({ seed: 2 })];
    await sampling(1);
    await until("the second waits in Forge", async () => (await pending()).tasks.length === 1);
    forge.faults.set({ oom: 1 });
    for (const id of ids) await queue.reach(id, "completed");
    expect(forge.jobs.map((job) => [job.seed, job.state])).toEqual([
      [1, "failed"],
      [2, "done"],
      [1, "done"],
    ]);
  });
});

it("a job behind one that hangs is given back when that is given up, and comes whole at no attempt's cost", async () => {
  await openAndRun({ ...EARLY, stepStallLimitMs: 4_000, interruptLimitMs: 1_000 });
  const [first, second] = await twoInForge();
  forge.faults.set({ hangAtStep: (forge.jobs[0]?.stepsDone ?? 0) + 2 });
  await until("the first is given up", async () => (await queue.status(first)).retry_count === 1);
  await until("the second is given back", async () => {
    return (await queue.status(second)).status === "pending";
  });
  forge.faults.clear();
  expect((await queue.reach(second, "completed")).images).toHaveLength(1);
  const view = await queue.owner.call("getJob", { params: { id: second } });
  expect(view).toMatchObject({ retry_count: 0 });
  expect(runsOf(2).at(-1)?.stepsDone).toBe(LONG.steps);
});

it("a job that was hit by the cancel of the one before it is drawn again, at no attempt's cost", async () => {
  await open(EARLY);
  const proxy = await startFaultyProxy(forge.url);
  onTestFinished(() => proxy.stop());
  const agent = run({ forgeUrl: proxy.url });
  const [first, second] = await twoInForge();
  // The interrupt is on its way while the first ends by itself and the second begins.
  proxy.once("/sdapi/v1/interrupt", { after: sampling(2) });
  await cancel(first);
  await queue.reach(first, "cancelled");
  expect((await queue.reach(second, "completed")).images).toHaveLength(1);
  expect(runsOf(2).map((job) => job.isInterrupted)).toEqual([true, false]);
  expect(runsOf(2)[1]?.stepsDone).toBe(LONG.steps);
  expect(agent.lines.join("\n")).toContain("drawing it again");
  const view = await queue.owner.call("getJob", { params: { id: second } });
  expect(view).toMatchObject({ attempt_count: 1, retry_count: 0, interruption_count: 0 });
});

describe("a job that was taken and has not begun", () => {
  it("is dropped when it is cancelled, and Forge never hears of it", async () => {
    const agent = await openAndRun(HELD);
    const [first, second] = await oneHeld(agent);
    await cancel(second);
    await queue.reach(second, "cancelled");
    await queue.reach(first, "completed");
    await until("the agent has nothing left", () => agent.view().next === null);
    expect(forge.jobs.map((job) => job.seed)).toEqual([1]);
  });

  it("goes back to the line when the server is paused, and the running one ends", async () => {
    const agent = await openAndRun(HELD);
    const [first, second] = await oneHeld(agent);
    await queue.owner.call("pauseServer", { params: { alias: ALIAS } });
    await until("the agent let go of it", () => agent.view().next === null);
    expect(await queue.status(second)).toMatchObject({
      status: "pending",
      status_reason: "paused",
    });
    await queue.reach(first, "completed");
    expect(forge.jobs.map((job) => job.seed)).toEqual([1]);
    await queue.owner.call("resumeServer", { params: { alias: ALIAS } });
    await queue.reach(second, "completed");
    const view = await queue.owner.call("getJob", { params: { id: second } });
    expect(view).toMatchObject({ attempt_count: 1, interruption_count: 0 });
  });

  it("is run to its end when the server is drained, and no third is taken", async () => {
    const agent = await openAndRun(HELD);
    const [first, second] = await oneHeld(agent);
    await queue.owner.call("drainServer", { params: { alias: ALIAS } });
    const third = await queue.submit({ seed: 3 });
    for (const id of [first, second]) await queue.reach(id, "completed");
    expect((await queue.status(third)).status).toBe("pending");
    expect(forge.jobs.map((job) => job.seed)).toEqual([1, 2]);
  });

  it("goes back at no attempt's cost when its turn does not come in time, and is not taken again at once", async () => {
    const agent = await openAndRun({ ...HELD, prefetchReturnMs: 300 });
    const [first, second] = await oneHeld(agent);
    await until("it was given back", () => agent.view().next === null);
    await until("it is pending", async () => (await queue.status(second)).status === "pending");
    expect((await queue.status(first)).status).toBe("processing");
    const view = await queue.owner.call("getJob", { params: { id: second } });
    expect(view).toMatchObject({ attempt_count: 0, interruption_count: 0 });
    for (const id of [first, second]) await queue.reach(id, "completed");
    expect(agent.lines.filter((line) => line.startsWith("Took a job"))).toHaveLength(3);
  });

  it("goes back as well when its input picture does not come in time", async () => {
    await open({ ...HELD, prefetchReturnMs: 500 });
    const proxy = await startFaultyProxy(queue.worker.url);
    onTestFinished(() => proxy.stop());
    const agent = run({ url: proxy.url });
    const bytes = await sharp({
      create: { width: 64, height: 64, channels: 3, background: "#08f" },
    })
      .png()
      .toBuffer();
    const headers = { "content-type": "image/png" };
    const { upload_id } = await queue.owner.call("createUpload", { bytes, headers });
    proxy.once(`/uploads/${upload_id}`, "swallow");
    const id = await queue.submit({ img2img: { init_image: { upload_id } } });
    await until("it was given back", () =>
      agent.lines.some((line) => line.startsWith("Given back") && line.includes("returned")),
    );
    await queue.reach(id, "completed");
    const view = await queue.owner.call("getJob", { params: { id } });
    expect(view).toMatchObject({ attempt_count: 1, interruption_count: 0 });
  });

  it("goes back when the agent is stopped, and the running one ends", async () => {
    const agent = await openAndRun(HELD);
    const [first, second] = await oneHeld(agent);
    agent.stop.stopGracefully(60_000);
    expect(await agent.end).toBe("stopped");
    expect((await queue.status(first)).status).toBe("completed");
    const view = await queue.owner.call("getJob", { params: { id: second } });
    expect(view).toMatchObject({ status: "pending", attempt_count: 0, interruption_count: 0 });
  });

  it("waits here while somebody else's generation runs, which is left alone", async () => {
    // Such a Forge gets nothing of ours before the first one has left.
    const agent = await openAndRun(HELD, { noWebui: true });
    const [first, second] = await oneHeld(agent);
    const body = JSON.stringify({ prompt: "theirs", ...LONG, seed: 9 });
    const headers = { "content-type": "application/json" };
    const theirs = fetch(`${forge.url}/sdapi/v1/txt2img`, { method: "POST", headers, body });
    await queue.reach(first, "completed");
    expect((await theirs).status).toBe(200);
    await queue.reach(second, "completed");
    const [, between, ours] = forge.jobs;
    expect(ours?.arrivedAt).toBeGreaterThanOrEqual(between?.endAt ?? Number.POSITIVE_INFINITY);
    expect(forge.jobs.map((job) => [job.seed, job.isInterrupted])).toEqual([
      [1, false],
      [9, false],
      [2, false],
    ]);
  });
});

it("a Forge without tasks to ask for gets one job at a time", async () => {
  await openAndRun(EARLY, { noWebui: true });
  const ids = [await queue.submit({ ...LONG, seed: 1 }), await queue.submit({ seed: 2 })];
  for (const id of ids) await queue.reach(id, "completed");
  const [first, second] = forge.jobs;
  expect(second?.arrivedAt).toBeGreaterThanOrEqual(first?.answeredAt ?? 0);
});

it("an order to unload empties the GPU's memory once nothing runs, and once only", async () => {
  await open(EARLY);
  // Elsewhere Forge moves its model out after each job by itself.
  const agent = run({ box: { isDedicated: true } });
  const first = await queue.submit({ ...LONG, seed: 1 });
  await sampling(1);
  await queue.owner.call("unloadModel", { params: { alias: ALIAS } });
  await queue.reach(first, "completed");
  const unloads = () => agent.lines.filter((line) => line.startsWith("The model is out"));
  await until("it was unloaded", () => unloads().length === 1);
  expect(forge.jobs[0]?.isInterrupted).toBe(false);
  await queue.reach(await queue.submit({ seed: 2 }), "completed");
  expect(forge.jobs[1]?.modelCost).toBe("move");
  await queue.reach(await queue.submit({ seed: 3 }), "completed");
  expect(forge.jobs[2]?.modelCost).toBe("nothing");
  expect(unloads()).toHaveLength(1);
});
