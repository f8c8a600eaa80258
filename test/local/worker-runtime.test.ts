import { readdirSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import {
  type RunningWorker,
  startWorker,
  type WorkerOptions,
} from "../../src/local/worker-runtime.ts";
import { clientOf } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { newStateDir } from "../support/local-start.ts";

const SETUP_TOKEN = "test-setup-token-of-32-characters";
const secrets = {
  KEY_PEPPER: "test-pepper-of-32-characters-long",
  URL_SIGNING_KEY: "test-signing-key-of-32-characters",
  SETUP_TOKEN,
};

const workers: RunningWorker[] = [];

async function start(options: Partial<WorkerOptions> = {}): Promise<RunningWorker> {
  const worker = await startWorker({ stateDir: null, secrets, ...options });
  workers.push(worker);
  return worker;
}

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

const setUp = (worker: RunningWorker) =>
  clientOf(worker.url).call("setUp", { body: { setup_token: SETUP_TOKEN } });

async function countKeys(worker: RunningWorker): Promise<number | null> {
  return (await worker.db()).prepare("SELECT count(*) AS n FROM api_keys").first<number>("n");
}

async function isHealthy(worker: RunningWorker): Promise<boolean> {
  return (await clientOf(worker.url).call("health", {})).status === "ok";
}

describe("the Worker on this machine", () => {
  it("keeps what was written when its runtime is killed, and serves again on the same port", async () => {
    const worker = await start();
    await setUp(worker);
    const pid = worker.workerdPid();
    process.kill(pid ?? 0, "SIGKILL");
    await until("another process serves", () => {
      const now = worker.workerdPid();
      return now !== null && now !== pid;
    });
    await until("it answers", () => isHealthy(worker));
    expect(await countKeys(worker)).toBe(1);
    await worker.runScheduled("* * * * *");
  });

  it("comes back even when it is killed while it comes back", async () => {
    const worker = await start();
    await setUp(worker);
    let kills = 0;
    let last: number | null = null;
    await until("it was killed six times, each time as soon as it lived", () => {
      const pid = worker.workerdPid();
      if (pid !== null && pid !== last) {
        process.kill(pid, "SIGKILL");
        last = pid;
        kills += 1;
      }
      return kills >= 6;
    });
    await until("it answers", () => isHealthy(worker));
    expect(await countKeys(worker)).toBe(1);
  });

  it("applies each migration once, and those of wrangler count too", async () => {
    const stateDir = newStateDir();
    const names = async (worker: RunningWorker) => {
      const { results } = await (await worker.db())
        .prepare("SELECT name FROM d1_migrations ORDER BY id")
        .all<{ name: string }>();
      return results.map(({ name }) => name);
    };
    const all = readdirSync("drizzle").filter((name) => name.endsWith(".sql"));
    const first = await start({ stateDir });
    expect(await names(first)).toEqual(all.toSorted());
    await first.stop();
    expect(await names(await start({ stateDir }))).toEqual(all.toSorted());
  });

  it("says which port it could not have", async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({ code: "ERR_ADDRESS_IN_USE" });
  });

  it("shows nobody its innards: no explorer, no test triggers, no proxy", async () => {
    const worker = await start();
    for (const path of ["explorer", "scheduled", "r2/x", "platform-proxy", "email"]) {
      const { status } = await fetch(`${worker.url}/cdn-cgi/local/${path}`);
      expect([path, status]).toEqual([path, expect.toSatisfy((code) => code >= 400 && code < 500)]);
    }
    const headers = { "MF-Op": "GET", "MF-Op-Target": "env" };
    expect((await fetch(worker.url, { headers })).status).toBeGreaterThanOrEqual(400);
  });
});
