import { type ChildProcess, spawn } from "node:child_process";
import type { Queue } from "./queue.ts";

/** An agent in a process of its own, with what it has printed so far. */
export type AgentProcess = ChildProcess & { readonly output: () => string };

interface AgentBox {
  readonly queue: Pick<Queue, "worker" | "agentKey">;
  readonly forgeUrl: string;
  readonly stateDir: string;
}

/** The agent's settings as people put them into the environment. */
export const agentEnvironment = ({ queue, forgeUrl, stateDir }: AgentBox): NodeJS.ProcessEnv => ({
  ...process.env,
  XDG_CONFIG_HOME: stateDir,
  MOBILESD_URL: queue.worker.url,
  MOBILESD_API_KEY: queue.agentKey.key,
  MOBILESD_API_SECRET: queue.agentKey.secret,
  MOBILESD_AGENT_STATE_DIR: stateDir,
  FORGE_URL: forgeUrl,
});

/** Starts the agent as people run it, with its settings in the environment. */
export function startAgentProcess(box: AgentBox): AgentProcess {
  const child = spawn(process.execPath, ["tunnel-agent/src/cli.ts", "run"], {
    env: agentEnvironment(box),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return Object.assign(child, { output: () => text });
}

/** Settles with the exit code of a process; null where a signal ended it. */
export const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
