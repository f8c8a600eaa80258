import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { until } from "./box/until.ts";

const LAUNCH = fileURLToPath(new URL("../../src/local/launch.js", import.meta.url));

/** How long a test waits for a running picture before it stops a start for good. */
const STOP_PATIENCE_MS = 5_000;

export interface OwnerFile {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
}

/** A queue that was started as a user starts it. */
export interface LocalStart {
  readonly child: ChildProcess;
  readonly stateDir: string;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves with the exit code once it ended. */
  readonly exit: Promise<number | null>;
  /** Waits until it says that it is ready. */
  ready(): Promise<{ url: string; signInLink: string; owner: OwnerFile }>;
  /** The processes that belong to it beside the launcher, by a word of their command. */
  processes(word?: string): number[];
  /** Ends those processes by kill -9; one that is gone already is as good. */
  kill(word?: string): void;
  /** Ends it as Ctrl-C does and waits; twice when that takes long. */
  stop(): Promise<void>;
}

const stateDirs: string[] = [];
afterAll(() => {
  for (const folder of stateDirs) rmSync(folder, { recursive: true, force: true });
});

/** A new folder for a queue's state, or for anything else; it goes when the tests of its file are over. */
export function newStateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "mobilesd-state-"));
  stateDirs.push(folder);
  return folder;
}

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** One process as `/proc` tells it; null when it is gone or a zombie. */
function readProcess(pid: number): ProcessLine | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold anything; what comes after it is fixed.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return state === "Z" ? null : { pid, parent: Number(parent), group: Number(group), command };
  } catch {
    return null;
  }
}

/** Slim Linux images have no `ps`, other systems have no `/proc`. */
function listProcesses(): ProcessLine[] {
  if (existsSync("/proc/self/stat")) {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(Number(name)) ?? []);
  }
  const text = execFileSync("ps", ["-eo", "pid=,ppid=,pgid=,stat=,args="], { encoding: "utf8" });
  return [...text.matchAll(/^ *(\d+) +(\d+) +(\d+) +([^Z]\S*) +(.*)$/gm)].map(
    ([, pid, parent, group, , command = ""]) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      command,
    }),
  );
}

/** Runs `src/local/launch.js` with these variables; a free port and a folder of its own unless given. */
export function startAsUser(
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): LocalStart {
  const stateDir = env.MOBILESD_DIR ?? newStateDir();
  const child = spawn(process.execPath, [LAUNCH, ...args], {
    // No Forge that happens to run on this machine may take part.
    env: {
      ...process.env,
      PORT: "0",
      MOBILESD_USUAL_FORGE_URL: "http://127.0.0.1:1",
      ...env,
      MOBILESD_DIR: stateDir,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += String(chunk);
    });
  }
  let group: number | undefined;
  const processes = (word = "") => {
    const all = listProcesses();
    // The start leads a group of its own; its number outlives it.
    group ??= all.find((line) => line.parent === child.pid)?.group;
    return all
      .filter((line) => line.group === group && line.command.includes(word))
      .map((line) => line.pid);
  };
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    child,
    stateDir,
    output: () => text,
    exit,
    async ready() {
      await until(
        "the start says that it is ready",
        () => child.exitCode !== null || text.includes("Ctrl-C stops everything"),
        30_000,
      );
      if (child.exitCode !== null) throw new Error(`It ended before it was ready: ${text}`);
      processes();
      const owner = JSON.parse(readFileSync(join(stateDir, "owner.json"), "utf8")) as OwnerFile;
      const [signInLink = ""] = /http:\S+\/#pair=\S+/.exec(text) ?? [];
      return { url: owner.url, signInLink, owner };
    },
    processes,
    kill(word) {
      for (const pid of processes(word)) {
        try {
          process.kill(pid, "SIGKILL");
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
      }
    },
    async stop() {
      child.kill("SIGINT");
      const impatience = setTimeout(() => child.kill("SIGINT"), STOP_PATIENCE_MS);
      await exit;
      clearTimeout(impatience);
    },
  };
}
