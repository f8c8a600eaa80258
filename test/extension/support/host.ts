import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../../support/box/until.ts";
import { pythonProgram } from "../../support/python.ts";

const HOST = fileURLToPath(new URL("../host/main.py", import.meta.url));
const EXTENSION = fileURLToPath(new URL("../../../forge-extension/mobilesdqueue", import.meta.url));

const START_LIMIT_MS = 90_000;

/** One press of Generate, by the names of Forge's parameters; pictures as hashes of their pixels. */
export interface Generation {
  readonly tab: "txt2img" | "img2img";
  readonly values: Readonly<Record<string, unknown>>;
  readonly alwayson: Readonly<Record<string, readonly unknown[]>>;
  readonly script: { readonly title: string; readonly args: readonly unknown[] } | null;
  readonly checkpoint: string;
  readonly modules: readonly string[];
}

/** A page like Forge's with the extension in it, unmodified, as a process of its own. */
export interface Host {
  readonly url: string;
  /** Forge's data folder, with config.json. */
  readonly dataDir: string;
  /** What `XDG_CONFIG_HOME` is for it. */
  readonly configDir: string;
  /** Everything it printed so far. */
  output(): string;
  /** Every generation so far, and who made Forge load a model. */
  seen(): Promise<{ ran: Generation[]; loads: string[]; running: boolean }>;
  /** Makes every generation wait before it ends. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** Waits until the page is served once more. */
  readyAgain(times: number): Promise<void>;
  readConfig(): Record<string, unknown>;
  stop(): Promise<void>;
}

export interface HostOptions {
  /** The host's own options, as `--compact`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What config.json holds at the start. */
  readonly config?: Readonly<Record<string, unknown>>;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function makeFolders(config: Readonly<Record<string, unknown>>) {
  const root = mkdtempSync(join(tmpdir(), "extension-host-"));
  const [dataDir, configDir] = [join(root, "forge"), join(root, "config")];
  for (const folder of [dataDir, configDir]) mkdirSync(folder);
  writeFileSync(join(dataDir, "config.json"), JSON.stringify(config));
  return { root, dataDir, configDir };
}

/** What the process sees of our environment: no queue and no key of a developer's own. */
function environment(configDir: string, env: Readonly<Record<string, string>>) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("MOBILESD_"));
  return {
    ...Object.fromEntries(own),
    XDG_CONFIG_HOME: configDir,
    NO_PROXY: "127.0.0.1,localhost",
    PYTHONDONTWRITEBYTECODE: "1",
    ...env,
  };
}

/** Starts the host and waits until its page is served. */
export async function startHost(options: HostOptions = {}): Promise<Host> {
  const [python, port] = [await pythonProgram(), await freePort()];
  const { root, dataDir, configDir } = makeFolders(options.config ?? {});
  const own = ["--port", String(port), "--data-dir", dataDir, "--end-with-parent"];
  const args = [HOST, ...own, "--extension", EXTENSION, ...(options.flags ?? [])];
  const env = environment(configDir, options.env ?? {});
  const child = spawn(python, args, { env, stdio: "pipe" });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
  }
  let hasEnded = false;
  const end = new Promise<void>((resolve) => {
    child.once("exit", () => {
      hasEnded = true;
      resolve();
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const readyAgain = async (times: number) => {
    const isReady = () => hasEnded || text.split(`READY ${url}`).length > times;
    await until("the host serves its page", isReady, START_LIMIT_MS);
    if (hasEnded) throw new Error(`The host has ended:\n${text}`);
  };
  const post = async (path: string) => {
    const answer = await fetch(url + path, { method: "POST" });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  };
  const host: Host = {
    url,
    dataDir,
    configDir,
    output: () => text,
    seen: async () => (await fetch(`${url}/host/ran`)).json() as ReturnType<Host["seen"]>,
    hold: () => post("/host/hold"),
    release: () => post("/host/release"),
    readyAgain,
    readConfig: () => JSON.parse(readFileSync(join(dataDir, "config.json"), "utf8")),
    async stop() {
      child.kill();
      await end;
      rmSync(root, { recursive: true, force: true });
    },
  };
  try {
    await readyAgain(1);
  } catch (error) {
    await host.stop();
    throw error;
  }
  return host;
}
