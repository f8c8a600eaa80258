import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isObject } from "../../forge-api/compare/difference.ts";
import { until } from "../../support/box/until.ts";
import type { ForgeFolder } from "./folder.ts";

/** A Forge that this run started. */
export interface RunningForge {
  readonly url: string;
  /** Where the oracle writes. */
  readonly oracleFolder: string;
  /** Where Generate saves its pictures. */
  readonly pictureFolder: string;
  /** The last lines of what it said. */
  lastWords(): string;
  stop(): Promise<void>;
}

/** The same processor and the same precision for everybody, so that a picture can be equal to the bit. */
const FLAGS = [
  "--skip-torch-cuda-test",
  "--always-cpu",
  "--skip-prepare-environment",
  "--skip-python-version-check",
  "--api",
  "--disable-gpu-warning",
  "--no-hashing",
  "--all-in-fp32",
];

const START_LIMIT_MS = 240_000;
const STOP_PATIENCE_MS = 15_000;
const LAST_LINES = 15;

/** What of an owner's settings decides which models there are and which one is loaded. */
const OWNERS_CHOICES = [
  "sd_model_checkpoint",
  "forge_additional_modules",
  "disabled_extensions",
  "disable_all_extensions",
];

function ownersChoices(forge: string): Record<string, unknown> {
  const path = join(forge, "config.json");
  const own: unknown = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  if (!isObject(own)) return {};
  return Object.fromEntries(Object.entries(own).filter(([name]) => OWNERS_CHOICES.includes(name)));
}

/**
 * The width on a fresh page. Forge's page fills its fields from settings some seconds after it is there, over
 * whatever was written before: this number tells that it has, and that its events are bound.
 */
export const WIDTH_ON_LOAD = 200;

/** Settings of the run's own: Forge's defaults, so that no owner's taste is part of the result. */
async function writeSettings(forge: string, work: string): Promise<string[]> {
  const settings = {
    ...ownersChoices(forge),
    auto_launch_browser: "Disable",
    show_progress_type: "Approx cheap",
    forge_preset: "sd",
    sd_t2i_width: WIDTH_ON_LOAD,
    outdir_samples: join(work, "pictures"),
    outdir_grids: join(work, "grids"),
    save_to_dirs: false,
    grid_save_to_dirs: false,
    // The page hides these fields unless its owner wants them.
    hires_fix_show_sampler: true,
    hires_fix_show_prompts: true,
  };
  const [file, pageFile] = [join(work, "config.json"), join(work, "ui-config.json")];
  await writeFile(file, JSON.stringify(settings));
  return ["--ui-settings-file", file, "--ui-config-file", pageFile];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Lists, options and tasks answer up to two seconds before scripts and LoRAs do (8.1). */
async function isReady(url: string): Promise<boolean> {
  const asked = ["loras", "embeddings"].map((list) => fetch(`${url}/sdapi/v1/${list}`));
  return (await Promise.all(asked)).every(({ ok }) => ok);
}

async function end(child: ChildProcess, exit: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  // It leads a group of its own, so that nothing it started stays behind.
  const signal = (name: NodeJS.Signals) => process.kill(-(child.pid as number), name);
  signal("SIGTERM");
  const impatience = setTimeout(() => signal("SIGKILL"), STOP_PATIENCE_MS);
  await exit;
  clearTimeout(impatience);
}

/** Starts a Forge on a free port with settings of its own and waits until everything of it answers. */
export async function startForge(
  { forge, python }: ForgeFolder,
  environment: Readonly<Record<string, string>>,
): Promise<RunningForge> {
  const work = await mkdtemp(join(tmpdir(), "mobilesd-forge-truth-"));
  const [oracleFolder, pictureFolder] = [join(work, "oracle"), join(work, "pictures")];
  await Promise.all([oracleFolder, pictureFolder].map((folder) => mkdir(folder)));
  const port = await freePort();
  const settings = await writeSettings(forge, work);
  const log = openSync(join(work, "forge.log"), "w");
  const child = spawn(python, ["launch.py", ...FLAGS, "--port", String(port), ...settings], {
    cwd: forge,
    detached: true,
    stdio: ["ignore", log, log],
    env: {
      ...process.env,
      NO_PROXY: "127.0.0.1,localhost",
      GRADIO_ANALYTICS_ENABLED: "False",
      HF_HUB_OFFLINE: "1",
      PYTHONUNBUFFERED: "1",
      // Threads that wait give the processor away: other programs want it too.
      OMP_WAIT_POLICY: "PASSIVE",
      XDG_CONFIG_HOME: join(work, "configuration"),
      APPDATA: join(work, "configuration"),
      ORACLE_OUT: oracleFolder,
      ...environment,
    },
  });
  const exit = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const lastWords = () =>
    readFileSync(join(work, "forge.log"), "utf8")
      .trimEnd()
      .split("\n")
      .slice(-LAST_LINES)
      .join("\n");
  const stop = async () => {
    await end(child, exit);
    await rm(work, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(
      "Forge answers",
      () => child.exitCode !== null || child.pid === undefined || isReady(url),
      START_LIMIT_MS,
    );
    if (child.exitCode !== null || child.pid === undefined) {
      throw new Error(`Forge did not start:\n${lastWords()}`);
    }
    return { url, oracleFolder, pictureFolder, lastWords, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
