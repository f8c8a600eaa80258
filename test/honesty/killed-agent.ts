import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobStatusView, NewKey } from "@mobilesd/contract";
import type { DemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { until } from "../support/box/until.ts";

/** Where an agent's process belongs. */
interface Place {
  /** Of the queue. */
  readonly url: string;
  readonly key: NewKey;
  readonly forge: DemoForge;
  /** Through which it reaches Forge. */
  readonly forgeUrl: string;
}

/** The agent as people run it: a process of its own. */
function startProcess({ url, key, forgeUrl }: Place, stateDir: string): ChildProcess {
  return spawn(process.execPath, ["tunnel-agent/src/cli.ts", "run"], {
    env: {
      ...process.env,
      XDG_CONFIG_HOME: stateDir,
      MOBILESD_URL: url,
      MOBILESD_API_KEY: key.key,
      MOBILESD_API_SECRET: key.secret,
      MOBILESD_AGENT_STATE_DIR: stateDir,
      FORGE_URL: forgeUrl,
    },
    stdio: "ignore",
  });
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
}

/** Kills an agent in the middle of its job, lets another take its place, and waits for the job's end. */
export async function runAndKill(
  place: Place,
  reachEnd: () => Promise<JobStatusView>,
): Promise<JobStatusView> {
  const { forge } = place;
  const stateDir = mkdtempSync(join(tmpdir(), "agent-state-"));
  const jobsBefore = forge.jobs.length;
  forge.faults.set({ hangAtStep: 1 });
  const first = startProcess(place, stateDir);
  await until(
    "Forge is in the middle of the job",
    () => (forge.jobs[jobsBefore]?.stepsDone ?? 0) > 1,
  );
  await killed(first);
  forge.faults.clear();
  const second = startProcess(place, stateDir);
  try {
    return await reachEnd();
  } finally {
    await killed(second);
  }
}
