import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let agents: TestAgent[];

/** Some seconds of work for this demo Forge. */
const LONG = { width: 512, height: 512, steps: 60 };
const THEIRS = "task(theirs)";

const start = () => {
  const base = { url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url };
  agents.push(startAgent(base));
};

beforeEach(async () => {
  agents = [];
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.2 })]);
  start();
  await queue.reach(await queue.submit(), "completed");
});

afterEach(async () => {
  for (const agent of agents) agent.stop.stopNow();
  await Promise.all(agents.map((agent) => agent.end));
  await forge.stop();
  await queue.stop();
});

/** Somebody at Forge's own page presses Generate. Answers the status of Forge's answer. */
async function theyGenerate(): Promise<number> {
  const response = await fetch(`${forge.url}/sdapi/v1/txt2img`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "mine", ...LONG, force_task_id: THEIRS }),
  });
  await response.arrayBuffer();
  return response.status;
}

const theirJob = () => forge.jobs.find(({ taskId }) => taskId === THEIRS);
const theyDraw = () =>
  until("theirs is drawn", () => {
    const job = theirJob();
    return job && job.stepsDone > 0 && job;
  });
const cancel = (id: string) => queue.owner.call("cancelJob", { params: { id } });
const order = (name: "pauseServer" | "resumeServer" | "unloadModel") =>
  queue.owner.call(name, { params: { alias: ALIAS } });

describe("somebody else's generation in Forge", () => {
  it("is waited for and comes whole, whatever the queue is told meanwhile", async () => {
    const theirs = theyGenerate();
    const job = await theyDraw();
    const [mine, unwanted] = [await queue.submit(), await queue.submit()];
    expect((await cancel(unwanted)).status).toBe("cancelled");
    await order("unloadModel");
    await order("pauseServer");
    await order("resumeServer");
    agents[0]?.stop.stopNow();
    await agents[0]?.end;
    start();
    await until("theirs is nearly done", () => job.stepsDone >= LONG.steps - 10);
    const claims = queue.lines.filter((line) => /job_claimed/.test(line) && line.includes(mine));
    expect(claims).toEqual([]);
    expect(await theirs).toBe(200);
    expect(job).toMatchObject({ isInterrupted: false, interruptedAt: null, stepsDone: LONG.steps });
    await queue.reach(mine, "completed");
    const ours = forge.jobs.at(-1);
    // Nor does ours stand in Forge's line behind it: who sits there may want to generate again.
    expect(ours?.arrivedAt).toBeGreaterThanOrEqual(job.endAt ?? Number.POSITIVE_INFINITY);
  });

  it("that waits in Forge behind a job of ours is not hit when ours is cancelled", async () => {
    const id = await queue.submit(LONG);
    const ours = await until("ours is drawn", () => {
      const job = forge.jobs.at(-1);
      return job && job.stepsDone > 0 && job.endAt === null && job;
    });
    const theirs = theyGenerate();
    await until("theirs is in line", async () => {
      const progress = await fetch(`${forge.url}/internal/progress`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ id_task: THEIRS, live_preview: false }),
      });
      return ((await progress.json()) as { queued: boolean }).queued;
    });
    await cancel(id);
    await queue.reach(id, "cancelled");
    // The cancel is answered once its interrupt is through; Forge obeys at its next step.
    await until("ours has left Forge", () => ours.endAt !== null);
    expect(ours.isInterrupted).toBe(true);
    expect(await theirs).toBe(200);
    expect(theirJob()).toMatchObject({ isInterrupted: false, stepsDone: LONG.steps });
  });
});
