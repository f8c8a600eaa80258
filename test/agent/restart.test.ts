import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { type AgentProcess, exited, startAgentProcess } from "../support/box/agent-process.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { seededRandom } from "../support/box/seeded.ts";
import { until } from "../support/box/until.ts";

/** By which the moments of the kills are found again. */
const SEED = 3;

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

function startProcess(): AgentProcess {
  const child = startAgentProcess({ queue, forgeUrl: forge.url, stateDir });
  children.push(child);
  return child;
}

/** The second of two jobs is handed to Forge as soon as it is known when the first one ends. */
const EARLY = { prefetchLeadMs: 60_000, prePostLeadMs: 60_000, prefetchReturnMs: 60_000 };

const LONG = { width: 1024, height: 1024, steps: 60 };

it("an agent killed in the middle of a job ends its ghost in Forge before it sends the job again", async () => {
  const first = startProcess();
  // Longer than an agent takes to start.
  const id = await queue.submit({ ...LONG, steps: 150 });
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
  const random = seededRandom(SEED);
  for (let kills = 0; kills < 5; kills++) {
    const child = startProcess();
    const before = await completed();
    await until("one more is done", async () => (await completed()) > before, 30_000);
    // The moment within the next job is left to chance.
    await new Promise((resolve) => setTimeout(resolve, random() * 200));
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

describe("an agent killed while one job runs in Forge and another waits there", () => {
  it("ends both ghosts before it sends anything, and completes both jobs, each once", async () => {
    await queue.stop();
    queue = await startQueue(EARLY);
    const first = startProcess();
    const ids = [
      await queue.submit({ ...LONG, seed: 1 }),
      await queue.submit({ ...LONG, seed: 2 }),
    ];
    await until("both are in Forge", async () => {
      const answer = await fetch(`${forge.url}/internal/pending-tasks`);
      return forge.jobs.length === 1 && ((await answer.json()) as { size: number }).size === 1;
    });
    const { open_runs } = JSON.parse(readFileSync(join(stateDir, "journal.json"), "utf8"));
    expect(open_runs).toMatchObject(ids.map((mobilesd_job_id) => ({ mobilesd_job_id })));
    first.kill("SIGKILL");
    await exited(first);
    startProcess();
    for (const id of ids) expect((await queue.reach(id, "completed")).images).toHaveLength(1);
    const [, second, ...redrawn] = forge.jobs;
    expect(second?.stepsDone).toBeLessThan(LONG.steps);
    expect(redrawn.map((job) => [job.stepsDone, job.isInterrupted])).toEqual([
      [LONG.steps, false],
      [LONG.steps, false],
    ]);
  }, 60_000);
});
