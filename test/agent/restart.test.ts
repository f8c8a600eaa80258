import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let stateDir: string;
let children: ChildProcess[];

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "agent-state-"));
  children = [];
  [queue, forge] = await Promise.all([startQueue(), startDemoForge({ timeScale: 0.1 })]);
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await forge.stop();
  await queue.stop();
});

/** The agent as people run it: a process of its own, with its settings in the environment. */
function startProcess(): ChildProcess & { output: () => string } {
  const child = spawn(process.execPath, ["tunnel-agent/src/cli.ts", "run"], {
    env: {
      ...process.env,
      XDG_CONFIG_HOME: stateDir,
      MOBILESD_URL: queue.worker.url,
      MOBILESD_API_KEY: queue.agentKey.key,
      MOBILESD_API_SECRET: queue.agentKey.secret,
      MOBILESD_AGENT_STATE_DIR: stateDir,
      FORGE_URL: forge.url,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return Object.assign(child, { output: () => text });
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));

const LONG = { width: 1024, height: 1024, steps: 60 };

it("an agent killed in the middle of a job ends its ghost in Forge before it sends the job again", async () => {
  const first = startProcess();
  const id = await queue.submit(LONG);
  const ghost = await until(
    "Forge samples",
    () => (forge.jobs[0]?.stepsDone ?? 0) > 1 && forge.jobs[0],
  );
  const { open_runs } = JSON.parse(readFileSync(join(stateDir, "journal.json"), "utf8"));
  expect(open_runs).toMatchObject([{ task_id: ghost.taskId, mobilesd_job_id: id }]);
  first.kill("SIGKILL");
  await exited(first);
  const second = startProcess();
  const view = await queue.reach(id, "completed");
  expect(view.images).toHaveLength(1);
  expect(ghost.isInterrupted).toBe(true);
  expect(forge.jobs).toHaveLength(2);
  expect(forge.jobs[1]?.taskId).not.toBe(ghost.taskId);
  expect(second.output()).toContain("ending it first");
  const job = await queue.owner.call("getJob", { params: { id } });
  expect(job).toMatchObject({ attempt_count: 1, interruption_count: 1 });
});

it("an agent killed at any moment of ten jobs, five times over, completes all ten, each once", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 10; count++) {
    ids.push(await queue.submit({ seed: count, steps: 8, width: 256, height: 256 }));
  }
  const completed = async () => {
    const views = await Promise.all(ids.map((id) => queue.status(id)));
    return views.filter((view) => view.status === "completed").length;
  };
  for (let kills = 0; kills < 5; kills++) {
    const child = startProcess();
    const before = await completed();
    await until("one more is done", async () => (await completed()) > before, 30_000);
    // The moment within the next job is left to chance.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    child.kill("SIGKILL");
    await exited(child);
  }
  startProcess();
  const views = await Promise.all(ids.map((id) => queue.reach(id, "completed")));
  expect(views.map((view) => view.images.length)).toEqual(ids.map(() => 1));
  const names = views.flatMap((view) => view.images.map((image) => image.name));
  expect(new Set(names).size).toBe(10);
}, 90_000);

it("SIGTERM lets the running job end and ends with code 0", async () => {
  const child = startProcess();
  const id = await queue.submit(LONG);
  await until("Forge samples", () => (forge.jobs[0]?.stepsDone ?? 0) > 1);
  child.kill("SIGTERM");
  expect(await exited(child)).toBe(0);
  expect((await queue.status(id)).status).toBe("completed");
});
