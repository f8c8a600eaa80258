import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import {
  type DemoForge,
  type DemoForgeOptions,
  startDemoForge,
} from "../../tunnel-agent/demo-forge/server.ts";
import { connectForge } from "../forge-api/forge/connection.ts";

const PROGRAM = fileURLToPath(new URL("./run.ts", import.meta.url));

async function startDemo(options: DemoForgeOptions = {}): Promise<DemoForge> {
  const demo = await startDemoForge({ timeScale: 0.02, ...options });
  onTestFinished(() => demo.stop());
  return demo;
}

/** Starts the suite as a person does, in a process group as a terminal gives it one. */
function startSuite(...args: string[]) {
  const suite = spawn(process.execPath, [PROGRAM, ...args], { detached: true });
  onTestFinished(() => void suite.kill("SIGKILL"));
  let said = "";
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
  }
  const ended = once(suite, "close").then(([code]) => ({ code: Number(code), said }));
  const until = async (words: string) => {
    while (!said.includes(words)) {
      const end = await Promise.race([once(suite.stdout, "data"), ended]);
      if ("code" in end) throw new Error(`It ended without "${words}": ${said}`);
    }
  };
  /** What Ctrl-C does: the runtime of the queue is hit as well. */
  const stop = () => {
    if (suite.pid !== undefined) process.kill(-suite.pid, "SIGINT");
  };
  return { ended, until, stop };
}

const readOptions = (demo: DemoForge) =>
  connectForge(demo.url, null).read("/sdapi/v1/options") as Promise<Record<string, unknown>>;

/** Forge writes it whenever it loads a file. */
const hideHash = (options: object) => ({ ...options, sd_checkpoint_hash: null });

it("refuses a Forge that works for somebody else, and changes nothing there", async () => {
  const demo = await startDemo({ timeScale: 5 });
  const body = { prompt: "a lake", steps: 100, width: 64, height: 64 };
  const work = connectForge(demo.url, null).ask("/sdapi/v1/txt2img", body);
  const ended = work.catch(() => undefined);
  const before = await readOptions(demo);
  const { code, said } = await startSuite("--url", demo.url).ended;
  expect(said).toBe("This Forge is busy: a job runs. Try again when it is idle.\n");
  expect(code).toBe(2);
  expect(await readOptions(demo)).toEqual(before);
  await demo.stop();
  await ended;
});

it("says what to do when it cannot begin", async () => {
  const demo = await startDemo({ apiAuth: "user:pass" });
  const closed = await startSuite("--url", demo.url).ended;
  expect(closed.said).toContain("give the right one with --auth user:password");
  const aimless = await startSuite("--url", demo.url, "--only", "nothing").ended;
  expect(aimless.said).toMatch(/^--only names no job. The jobs are: after a job with /);
  const pageless = await startDemo({ noWebui: true });
  const { code, said } = await startSuite("--url", pageless.url).ended;
  expect(said).toBe("This Forge needs --api, and its page: start it without --nowebui.\n");
  expect([closed.code, aimless.code, code]).toEqual([2, 2, 2]);
});

it("runs behind a login, tells the sum, and sees what is new among Forge's outputs", async () => {
  const demo = await startDemo({ apiAuth: "user:pass" });
  const outputs = mkdtempSync(join(tmpdir(), "outputs-"));
  writeFileSync(join(outputs, "old.png"), "");
  const args = ["--url", demo.url, "--auth", "user:pass", "--outputs", outputs];
  const quiet = await startSuite(...args, "--only", "a batch").ended;
  expect(quiet.said).toMatch(/passed {4}a batch of 2 times 2 \(\d+\.\d s\)\n/);
  expect(quiet.said).toContain("All options are as they were.\n");
  expect(quiet.said).toMatch(/\n1 passed, 0 failed, 0 left out\n$/);
  const writing = startSuite(...args, "--only", "a batch");
  await writing.until("Forge at");
  writeFileSync(join(outputs, "new.png"), "");
  const { code, said } = await writing.ended;
  expect(said).toContain("NEW IN THE OUTPUTS: new.png\n");
  expect([quiet.code, code]).toEqual([0, 1]);
});

it("tells why a job failed, and ends as failed", async () => {
  const demo = await startDemo();
  const suite = startSuite("--url", demo.url, "--only", "a refiner");
  await suite.until("Forge at");
  demo.faults.set({ wrongModel: 1000 });
  const { code, said } = await suite.ended;
  expect(said).toMatch(/FAILED {4}a refiner \(\d+\.\d s\)\n {4}the job is failed: /);
  expect(said).toContain("0 passed, 1 failed, 0 left out");
  expect(code).toBe(1);
});

it("has put every option back when it is stopped amid a job", async () => {
  const demo = await startDemo({ timeScale: 0.1 });
  const own = { CLIP_stop_at_last_layers: 2, eta_noise_seed_delta: 7 };
  await connectForge(demo.url, null).ask("/sdapi/v1/options", own);
  const before = await readOptions(demo);
  const suite = startSuite("--url", demo.url, "--only", "after a job with its own clip", "txt2img");
  await suite.until("passed    after a job with its own clip skip");
  suite.stop();
  const { code, said } = await suite.ended;
  expect(said).toContain("Stopping: waiting for the job under way");
  expect(said).toContain("All options are as they were.");
  expect(code).toBe(130);
  expect(hideHash(await readOptions(demo))).toEqual(hideHash(before));
});
