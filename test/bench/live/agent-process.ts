import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { NewKey } from "@mobilesd/contract";
import { residentMegabytes } from "../memory.ts";

const HOME = fileURLToPath(new URL("../../../tunnel-agent", import.meta.url));
/** What `/proc` counts processor time in: a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** The agent as its users run it: built, and a process of its own. */
export interface AgentProcess {
  /** Milliseconds that it has used a processor, all threads together, to within 10 ms. Linux only. */
  cpuMs(): number;
  residentMb(): number;
  stop(): Promise<void>;
}

function cpuMsOf(pid: number): number {
  // The name, in brackets, may hold blanks; user and system time are the 12th and 13th behind it.
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const times = fields.split(" ").slice(11, 13).map(Number);
  return times.reduce((sum, ticks) => sum + ticks, 0) * TICK_MS;
}

/** Builds the agent anew. */
export async function buildAgent(): Promise<void> {
  await promisify(execFile)(process.execPath, ["build.ts"], { cwd: HOME });
}

/** Starts the built agent. What it warns of is shown: a benchmark that breaks shall say why. */
export async function startAgentProcess(options: {
  readonly url: string;
  readonly key: Pick<NewKey, "key" | "secret">;
  readonly forgeUrl: string;
}): Promise<AgentProcess> {
  const stateDir = mkdtempSync(join(tmpdir(), "agent-state-"));
  const child = spawn(process.execPath, [join(HOME, "bin/mobilesd-agent.js"), "run"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      MOBILESD_URL: options.url,
      MOBILESD_API_KEY: options.key.key,
      MOBILESD_API_SECRET: options.key.secret,
      FORGE_URL: options.forgeUrl,
      MOBILESD_AGENT_STATE_DIR: stateDir,
      MOBILESD_AGENT_LOG_LEVEL: "warn",
    },
  });
  child.stdout.on("data", (line) => process.stderr.write(`  agent: ${line}`));
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  return {
    cpuMs: () => cpuMsOf(pid),
    residentMb: () => residentMegabytes(pid),
    async stop() {
      const gone = child.exitCode === null ? once(child, "exit") : undefined;
      child.kill("SIGTERM");
      await gone;
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
