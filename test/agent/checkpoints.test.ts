import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent | undefined;

beforeAll(async () => {
  [queue, forge] = await Promise.all([startQueue(), startDemoForge({ timeScale: 0.01 })]);
});

afterAll(async () => {
  agent?.stop.stopNow();
  await agent?.end;
  await forge.stop();
  await queue.stop();
});

describe("a job for a box that has not told yet what it has", () => {
  it("waits, and is checked by name when the box comes", async () => {
    const good = await queue.submit({ checkpoint_name: "cyberrealisticPony_v8" });
    const missing = await queue.submit({ checkpoint_name: "not-there.safetensors" });
    const wrong = await queue.submit({ sampler_name: "Euler A" });
    expect((await queue.status(good)).status_reason).toBe("waiting_for_server");
    agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
    await queue.reach(good, "completed");
    const failed = await queue.reach(wrong, "failed");
    expect(failed.error).toMatchObject({ code: "missing_name", field: "sampler_name" });
    const waiting = await until("it is held", async () => {
      const view = await queue.status(missing);
      return view.status_reason === "missing_checkpoint" ? view : false;
    });
    expect(waiting.status).toBe("pending");
    expect(forge.jobs.map((job) => job.model)).toEqual(["cyberrealisticPony_v8"]);
  });

  it("is refused from then on, with the nearest names that the box has", async () => {
    const refused = queue.submit({ checkpoint_name: "cyberrealisticPony_v9" });
    await expect(refused).rejects.toMatchObject({
      problem: {
        code: "unknown_name",
        details: [{ choices: expect.arrayContaining(["Pony/cyberrealisticPony_v8.safetensors"]) }],
      },
    });
    const { total } = await queue.owner.call("listJobs", {
      query: { target_server_alias: ALIAS },
    });
    expect(total).toBe(3);
  });
});
