import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type DemoForge,
  type DemoForgeOptions,
  startDemoForge,
} from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forges: DemoForge[];
let agents: TestAgent[];

beforeEach(async () => {
  forges = [];
  agents = [];
  queue = await startQueue();
});

afterEach(async () => {
  for (const agent of agents) agent.stop.stopNow();
  await Promise.all(agents.map((agent) => agent.end));
  await Promise.all(forges.map((forge) => forge.stop()));
  await queue.stop();
});

async function startForge(options: DemoForgeOptions = {}): Promise<DemoForge> {
  const forge = await startDemoForge({ timeScale: 0.01, ...options });
  forges.push(forge);
  return forge;
}

function run(forge: DemoForge | string, more: Partial<Parameters<typeof startAgent>[0]> = {}) {
  const forgeUrl = typeof forge === "string" ? forge : forge.url;
  const agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl, ...more });
  agents.push(agent);
  return agent;
}

const said = (agent: TestAgent, words: string) =>
  until(`the agent says "${words}"`, () => agent.lines.some((line) => line.includes(words)));

/** Sweeps, as the minute does, until the job is where it should come to. */
async function reachBySweep(id: string, status: "completed" | "failed" | "cancelled") {
  return until(`job ${id} is ${status}`, async () => {
    await queue.sweep();
    const view = await queue.status(id);
    return view.status === status ? view : false;
  });
}

const portOf = (forge: DemoForge) => Number(new URL(forge.url).port);

describe("a Forge in trouble", () => {
  it("that is not there is told with what to do, and waited for", async () => {
    const gone = await startForge();
    await gone.stop();
    const agent = run(gone.url);
    await said(agent, "Nothing answers at");
    const id = await queue.submit();
    await startForge({ port: portOf(gone) });
    await queue.reach(id, "completed");
  });

  it("that is starting gets no job before all of it is there", async () => {
    const forge = await startForge();
    forge.setPhase("empty");
    const agent = run(forge);
    await said(agent, "Forge is starting");
    forge.setPhase("partial");
    const id = await queue.submit();
    await until("it has been looked at again", async () => (await queue.status(id)).status);
    expect(forge.jobs).toHaveLength(0);
    forge.setPhase("ready");
    await queue.reach(id, "completed");
  });

  it("without --api is told so", async () => {
    const agent = run(await startForge({ hasApi: false }));
    await said(agent, "add --api to its command line");
  });

  it("with a login is told so, and served with it", async () => {
    const forge = await startForge({ apiAuth: "anna:geheim" });
    await said(run(forge), "set FORGE_API_AUTH");
    run(forge, { forgeApiAuth: "anna:geheim" });
    await queue.reach(await queue.submit(), "completed");
  });

  it("busy with somebody's own work is waited for, and that work is left alone", async () => {
    const forge = await startForge({ timeScale: 0.2 });
    const own = fetch(`${forge.url}/sdapi/v1/txt2img`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "mine", steps: 20, width: 512, height: 512 }),
    });
    await until("their work runs", () => forge.jobs.length === 1);
    const agent = run(forge);
    await said(agent, "busy with somebody's own work");
    const id = await queue.submit();
    expect((await queue.status(id)).status_reason).toBe("queued");
    await queue.reach(id, "completed");
    expect((await own).status).toBe(200);
    expect(forge.jobs.map((job) => job.isInterrupted)).toEqual([false, false]);
  });

  it("out of memory once gets the job a second time, in place", async () => {
    const forge = await startForge({ faults: { oom: 1 } });
    run(forge);
    const view = await queue.reach(await queue.submit(), "completed");
    expect(view.retry_count).toBe(0);
    expect(forge.jobs.map((job) => job.state)).toEqual(["failed", "done"]);
    expect(new Set(forge.jobs.map((job) => job.taskId)).size).toBe(2);
  });

  it("out of memory again fails the job with what may help", async () => {
    const forge = await startForge({ faults: { oom: 2 } });
    run(forge);
    const { error } = await queue.reach(await queue.submit(), "failed");
    expect(error).toMatchObject({ code: "oom", message: expect.stringMatching(/smaller picture/) });
  });

  it("that lost its model when another could not be loaded is put right, and the job is made", async () => {
    const forge = await startForge();
    run(forge);
    await queue.reach(await queue.submit(), "completed");
    // Somebody at the box tries a file that lacks its text encoders.
    const { status } = await fetch(`${forge.url}/sdapi/v1/txt2img`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        prompt: "theirs",
        steps: 1,
        override_settings: { sd_model_checkpoint: "demoFlux_unet_Q8" },
      }),
    });
    expect(status).toBe(500);
    const view = await queue.reach(await queue.submit({ seed: 5 }), "completed");
    expect(view.retry_count).toBe(0);
    expect(forge.jobs.at(-1)?.seed).toBe(5);
  });

  it.each([
    ["an error of its own", { error500: 1 }],
    ["another model than the one asked for", { wrongModel: 1 }],
    ["an answer without pictures", { emptyImages: 1 }],
    ["an answer that breaks off", { truncateAnswer: 1 }],
    ["a connection closed without an answer", { dropAnswer: 1 }],
  ])("with %s gets the job again, later, and once is enough", async (_, faults) => {
    const forge = await startForge({ faults });
    run(forge);
    const id = await queue.submit();
    const view = await reachBySweep(id, "completed");
    expect(view.retry_count).toBe(1);
    expect(view.images).toHaveLength(1);
    expect(new Set(forge.jobs.map((job) => job.taskId)).size).toBe(forge.jobs.length);
  });

  it("that always runs another model fails the job: its pictures are never called right", async () => {
    run(await startForge({ faults: { wrongModel: 99 } }));
    const view = await reachBySweep(await queue.submit(), "failed");
    expect(view.error?.code).toBe("wrong_model");
    expect(view.images).toEqual([]);
    expect(view.retry_count).toBe(2);
  });

  it("that dies during a job gets it once more; the second death parks it as poison", async () => {
    const first = await startForge({ faults: { crashAtStep: 2 } });
    run(first);
    const id = await queue.submit({ steps: 10 });
    await until("it died", async () => (await queue.status(id)).retry_count === 1);
    await first.stop();
    await startForge({ port: portOf(first), faults: { crashAtStep: 2 } });
    const view = await reachBySweep(id, "failed");
    expect(view.error?.code).toBe("poison");
    expect(view.error?.message).toMatch(/2 times/);
  });

  it("that hangs at a step is given up within the limit, and freed before anything else is sent", async () => {
    const forge = await startForge({ faults: { hangAtStep: 2 } });
    const agent = run(forge);
    const id = await queue.submit({ steps: 10 });
    await until("it is given up", async () => (await queue.status(id)).retry_count === 1);
    await queue.sweep();
    expect(forge.jobs).toHaveLength(1);
    forge.faults.clear();
    const view = await reachBySweep(id, "completed");
    expect(view.images).toHaveLength(1);
    expect(agent.lines.some((line) => line.includes("forge_hung"))).toBe(true);
  });

  it("that loads a model for a long time is not taken for one that hangs", async () => {
    const forge = await startForge({ faults: { slowLoad: 300_000 } });
    run(forge);
    const view = await queue.reach(await queue.submit(), "completed");
    expect(view.retry_count).toBe(0);
  });
});
