import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
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
  /** What it said last, when it ended by itself; null while it runs. */
  lastWords(): string | null;
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
const LOG = "forge.log";

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

/** A started program and everything that it starts: it leads a group of its own. */
function groupOf(child: ChildProcess) {
  const exit = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const isOver = () =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const signal = (name: NodeJS.Signals) => {
    if (!isOver()) process.kill(-(child.pid as number), name);
  };
  // However this program ends, Forge ends with it.
  const kill = () => signal("SIGKILL");
  process.once("exit", kill);
  void exit.then(() => process.removeListener("exit", kill));
  return {
    isOver,
    async stop() {
      if (isOver()) return;
      signal("SIGTERM");
      const impatience = setTimeout(kill, STOP_PATIENCE_MS);
      await exit;
      clearTimeout(impatience);
    },
  };
}

/** Starts the program itself; what it says goes to a file of the folder `work`. */
function launch(
  { forge, python }: ForgeFolder,
  work: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  const log = openSync(join(work, LOG), "w");
  const child = spawn(python, ["launch.py", ...FLAGS, ...args], {
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
      // A checkpoint that is put away gives its memory back; glibc would keep gigabytes of it.
      MALLOC_MMAP_THRESHOLD_: "1000000",
      MALLOC_TRIM_THRESHOLD_: "1000000",
      XDG_CONFIG_HOME: join(work, "configuration"),
      APPDATA: join(work, "configuration"),
      ...environment,
    },
  });
  closeSync(log);
  return child;
}

/** Starts a Forge on a free port with settings of its own and waits until everything of it answers. */
export async function startForge(
  folder: ForgeFolder,
  environment: Readonly<Record<string, string>>,
): Promise<RunningForge> {
  const work = await mkdtemp(join(tmpdir(), "mobilesd-forge-truth-"));
  const [oracleFolder, pictureFolder] = [join(work, "oracle"), join(work, "pictures")];
  await Promise.all([oracleFolder, pictureFolder].map((path) => mkdir(path)));
  const port = await freePort();
  const args = ["--port", String(port), ...(await writeSettings(folder.forge, work))];
  const group = groupOf(launch(folder, work, args, { ...environment, ORACLE_OUT: oracleFolder }));
  const lastWords = () => {
    if (!group.isOver()) return null;
    const lines = readFileSync(join(work, LOG), "utf8").trimEnd().split("\n");
    return `Forge ended by itself:\n${lines.slice(-LAST_LINES).join("\n")}`;
  };
  const stop = async () => {
    await group.stop();
    await rm(work, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until("Forge answers", () => group.isOver() || isReady(url), START_LIMIT_MS);
    const words = lastWords();
    if (words !== null) throw new Error(words);
    return { url, oracleFolder, pictureFolder, lastWords, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
