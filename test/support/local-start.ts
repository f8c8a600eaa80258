import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./box/until.ts";

const LAUNCH = fileURLToPath(new URL("../../src/local/launch.js", import.meta.url));

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
  /** Ends it as Ctrl-C does and waits. */
  stop(): Promise<void>;
}

/** A new folder for a queue's state. */
export const newStateDir = () => mkdtempSync(join(tmpdir(), "mobilesd-state-"));

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
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    child,
    stateDir,
    output: () => text,
    exit,
    async ready() {
      await until(
        "the start says that it is ready",
        () => {
          if (child.exitCode !== null) throw new Error(`It ended: ${text}`);
          return text.includes("Ctrl-C stops everything");
        },
        30_000,
      );
      const owner = JSON.parse(readFileSync(join(stateDir, "owner.json"), "utf8")) as OwnerFile;
      const [signInLink = ""] = /http:\S+\/#pair=\S+/.exec(text) ?? [];
      return { url: owner.url, signInLink, owner };
    },
    async stop() {
      child.kill("SIGINT");
      await exit;
    },
  };
}
