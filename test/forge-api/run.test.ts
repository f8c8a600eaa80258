import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import {
  type DemoForge,
  type DemoForgeOptions,
  startDemoForge,
} from "../../tunnel-agent/demo-forge/server.ts";
import { connectForge } from "./forge/connection.ts";

const PROGRAM = fileURLToPath(new URL("./run.ts", import.meta.url));

async function startDemo(options: DemoForgeOptions = {}): Promise<DemoForge> {
  const demo = await startDemoForge({ timeScale: 0.02, ...options });
  onTestFinished(() => demo.stop());
  return demo;
}

/** Starts the suite as a person does. */
function startSuite(...args: string[]) {
  const suite = spawn(process.execPath, [PROGRAM, ...args]);
  onTestFinished(() => void suite.kill("SIGKILL"));
  let said = "";
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
  }
  const ended = once(suite, "close").then(([code]) => ({ code: Number(code), said }));
  const until = async (words: string) => {
    while (!said.includes(words)) await once(suite.stdout, "data");
  };
  return { ended, until, stop: () => suite.kill("SIGINT") };
}

const readOptions = (demo: DemoForge) =>
  connectForge(demo.url, null).read("/sdapi/v1/options") as Promise<Record<string, unknown>>;

it("passes, fails and leaves out by number, and names what the left out groups need", async () => {
  const demo = await startDemo();
  const { code, said } = await startSuite("--url", demo.url, "--only", "errors", "auth").ended;
  expect(said).toContain("errors: 10 passed");
  expect(said).toContain(
    "Left out: auth\n  They need a Forge started with --api-auth user:password, and",
  );
  expect(said.trim()).toMatch(/\d+ passed, \d+ failed, 1 groups left out$/);
  expect(code).toBe(/, 0 failed/.test(said) ? 0 : 1);
});

it("tells every difference of a case that fails", async () => {
  const demo = await startDemo({ faults: { emptyImages: 1000 } });
  const { code, said } = await startSuite("--url", demo.url, "--only", "progress: task").ended;
  expect(said).toContain("  progress/after_interrupt_idle\n    images (number): expected 1, got 0");
  expect(code).toBe(1);
});

it("refuses a Forge that works for somebody else, and changes nothing there", async () => {
  const demo = await startDemo({ timeScale: 5 });
  const forge = connectForge(demo.url, null);
  const before = await readOptions(demo);
  const work = forge.ask("/sdapi/v1/txt2img", {
    prompt: "a lake",
    steps: 150,
    width: 64,
    height: 64,
  });
  const ended = work.catch(() => undefined);
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
  const unknown = await startSuite("--url", demo.url, "--auth", "user:pass", "--checkpoint", "none")
    .ended;
  expect(unknown.said).toMatch(/^This Forge has no checkpoint none; it has demoPainter_v1/);
  const aimless = await startSuite("--url", demo.url, "--only", "nothing").ended;
  expect(aimless.said).toMatch(/^--only names no group. The groups are: /);
  const absent = await startSuite("--url", "http://127.0.0.1:9").ended;
  expect(absent.said).toMatch(/^Forge does not answer \(\/internal\/ping: /);
  expect([closed, unknown, aimless, absent].map(({ code }) => code)).toEqual([2, 2, 2, 2]);
});

it("puts every setting back when it is stopped amid a case", async () => {
  const demo = await startDemo({ timeScale: 1 });
  await connectForge(demo.url, null).ask("/sdapi/v1/options", { CLIP_stop_at_last_layers: 2 });
  const before = await readOptions(demo);
  const suite = startSuite("--url", demo.url, "--only", "lists", "generate");
  await suite.until("lists: flags");
  expect((await readOptions(demo)).CLIP_stop_at_last_layers).toBe(1);
  suite.stop();
  const { code, said } = await suite.ended;
  expect(said).toContain("Stopping: waiting for the case under way");
  expect(said).toContain("All settings are as they were.");
  expect(code).toBe(130);
  const hide = (options: object) => ({ ...options, sd_checkpoint_hash: null });
  expect(hide(await readOptions(demo))).toEqual(hide(before));
});

it("puts every setting back at once when it is stopped twice", async () => {
  const demo = await startDemo({ timeScale: 1 });
  await connectForge(demo.url, null).ask("/sdapi/v1/options", { samples_format: "webp" });
  const suite = startSuite("--url", demo.url, "--only", "lists", "generate");
  await suite.until("lists: flags");
  suite.stop();
  await suite.until("Stopping");
  suite.stop();
  expect((await suite.ended).code).toBe(130);
  expect((await readOptions(demo)).samples_format).toBe("webp");
});

it("tells the settings that it could not put back when Forge dies", async () => {
  const demo = await startDemo({ timeScale: 1 });
  await connectForge(demo.url, null).ask("/sdapi/v1/options", { samples_format: "webp" });
  const suite = startSuite("--url", demo.url, "--only", "lists", "generate");
  await suite.until("lists: flags");
  await demo.stop();
  const { code, said } = await suite.ended;
  expect(said).toContain("Forge does not answer (");
  expect(said).not.toContain("FAILED");
  expect(said).toContain("NOT PUT BACK");
  expect(said).toContain('"samples_format":"webp"');
  expect(code).toBe(1);
});
