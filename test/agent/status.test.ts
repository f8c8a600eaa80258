import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { agentEnvironment } from "../support/box/agent-process.ts";
import { PATIENT } from "../support/box/durations.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let stateDir: string;
let children: ChildProcess[];

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "agent-state-"));
  children = [];
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.2 })]);
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await forge.stop();
  await queue.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Runs a command of the agent as people do, with its settings in the environment. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, ["tunnel-agent/src/cli.ts", ...args], {
    env: agentEnvironment({ queue, forgeUrl: forge.url, stateDir }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += String(chunk);
    });
  }
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, exit, output: () => text };
}

async function status(...args: string[]) {
  const { exit, output } = start(["status", ...args]);
  return { code: await exit, text: output() };
}

it("the status command says that no agent runs, what one does, and that it has stopped", async () => {
  const before = await status();
  expect(before.code).toBe(3);
  expect(before.text).toContain("does not run here");
  expect(before.text).toContain(`${ALIAS}, never seen`);

  // So that it is still being drawn whenever it is asked about.
  forge.faults.set({ hangAtStep: 5 });
  const agent = start(["run"]);
  const id = await queue.submit({ width: 512, height: 512, steps: 20 });
  await until("it is drawn", () => (forge.jobs.at(-1)?.stepsDone ?? 0) > 2);
  const during = await until("the status file tells of it", async () => {
    const { code, text } = await status("--json");
    const report = JSON.parse(text);
    return report.agent?.current && { code, report };
  });
  expect(during.code).toBe(0);
  expect(during.report).toMatchObject({
    is_running: true,
    queue_trouble: null,
    agent: { server_alias: ALIAS, forge: "working", current: { mobilesd_job_id: id } },
    server: { alias: ALIAS, is_present: true },
  });
  expect(JSON.stringify(during.report)).not.toContain("red cube");
  const words = await status();
  expect(words.text).toContain(`Job      ${id.slice(0, 8)} · `);

  agent.child.kill("SIGTERM");
  await until("it says that it stops", async () =>
    (await status()).text.includes("stopping: takes no new job"),
  );
  forge.faults.clear();
  expect(await agent.exit).toBe(0);
  const after = await status();
  expect(after.code).toBe(3);
  expect(after.text).toContain("the last one stopped at");
}, 60_000);

it("the status command says when the queue is out of reach, and what the agent here does all the same", async () => {
  const agent = start(["run"]);
  await queue.reach(await queue.submit(), "completed");
  await queue.worker.stop();
  const { code, text } = await status();
  expect(code).toBe(0);
  expect(text).toContain("The queue gave no answer");
  expect(text).toContain("1 since the start");
  agent.child.kill("SIGKILL");
  await agent.exit;
  const after = await status();
  expect(after.code).toBe(3);
  expect(after.text).toContain("was ended from outside");
}, 60_000);
