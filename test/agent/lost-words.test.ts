import diagnostics from "node:diagnostics_channel";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

vi.setConfig({ testTimeout: 60_000 });

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;

beforeEach(async () => {
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.05 })]);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  await until("it is connected", () => agent.view().queue === "connected");
});

afterEach(async () => {
  agent.stop.stopNow();
  await agent.end;
  await forge.stop();
  await queue.stop();
});

/** Changes the server's row as an order does whose word to the hub is lost. */
async function order(change: string): Promise<void> {
  await (await queue.worker.db()).prepare(`UPDATE servers SET ${change}`).run();
}

/** Counts the agent's questions for a job from now on. */
function countClaims(): () => number {
  let count = 0;
  const hear = (message: unknown) => {
    const { path } = (message as { request: { path: string } }).request;
    if (path.endsWith("/agent/claim")) count += 1;
  };
  diagnostics.subscribe("undici:request:create", hear);
  onTestFinished(() => void diagnostics.unsubscribe("undici:request:create", hear));
  return () => count;
}

const modeIs = (mode: string) => until(`it is ${mode}`, () => agent.view().mode === mode);
/** Claims in this time of an agent that asks as fast as it can: dozens. */
const HAMMERING_MS = 1_000;

describe("an order whose word to the agent is lost", () => {
  it("to pause is heard from the next answer of the queue, and is asked for no more until a bell rings", async () => {
    const first = await queue.submit({ width: 512, height: 512, steps: 40 });
    await until("Forge draws", () => (forge.jobs[0]?.stepsDone ?? 0) > 1);
    const second = await queue.submit();
    await order("mode = 'paused'");
    await queue.reach(first, "completed");
    await modeIs("paused");
    const claims = countClaims();
    await wait(HAMMERING_MS);
    expect(claims()).toBeLessThan(3);
    expect((await queue.status(second)).status).toBe("pending");
  });

  it("to go on is heard by the next bell", async () => {
    await queue.owner.call("pauseServer", { params: { alias: ALIAS } });
    await modeIs("paused");
    await order("mode = 'active'");
    await queue.reach(await queue.submit(), "completed");
    expect(agent.view().mode).toBe("active");
  });

  it("to unload is carried out with the next answer of the queue", async () => {
    await queue.reach(await queue.submit(), "completed");
    const loaded = async () => {
      const { servers } = await queue.owner.call("listServers", {});
      return servers.find(({ alias }) => alias === ALIAS)?.loaded_checkpoint;
    };
    await until("its server shows the model", async () => (await loaded()) !== null);
    await order("unload_requested_at = '2099-01-01T00:00:00.000Z'");
    await queue.reach(await queue.submit({ seed: 2 }), "completed");
    await until("it was unloaded", () =>
      agent.lines.some((line) => line.startsWith("The model is out")),
    );
    await until("its server shows none", async () => (await loaded()) === null);
  });
});

it("a session that the queue forgot while the socket stands is begun anew, and work goes on", async () => {
  await order("session_id = NULL");
  await queue.reach(await queue.submit(), "completed");
  await until("it is connected", () => agent.view().queue === "connected");
  await queue.reach(await queue.submit({ seed: 2 }), "completed");
  agent.stop.stopNow();
  expect(await agent.end).toBe("stopped");
});
