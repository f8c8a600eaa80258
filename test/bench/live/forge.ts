import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { JobRecord } from "../../../tunnel-agent/demo-forge/job-record.ts";

const PROCESS = fileURLToPath(new URL("./forge-process.ts", import.meta.url));

/** What the process says: its address once, and what was asked for. */
export type ForgeWord = { readonly url: string } | { readonly jobs: readonly JobRecord[] };

/** A demo Forge beside this process, so that neither waits for the other's work. */
export interface BenchForge {
  readonly url: string;
  /** The jobs that came through the lock, from the given number on; the running one last. */
  jobs(from?: number): Promise<readonly JobRecord[]>;
  stop(): Promise<void>;
}

/** Starts one. `timeScale` multiplies what a mid-range card would take. */
export async function startBenchForge(timeScale: number, hasGrain = false): Promise<BenchForge> {
  const child = fork(PROCESS, [String(timeScale), hasGrain ? "grain" : "plain"]);
  const hear = async () => {
    const [word] = await once(child, "message");
    return word as ForgeWord;
  };
  let last: Promise<ForgeWord> = hear();
  const greeting = await last;
  if (!("url" in greeting)) throw new Error("The demo Forge did not say where it is");
  return {
    url: greeting.url,
    async jobs(from = 0) {
      // One question at a time: answers carry no name.
      const asked = last.then(() => {
        child.send(from);
        return hear();
      });
      last = asked;
      const word = await asked;
      if (!("jobs" in word)) throw new Error("The demo Forge answered something else");
      return word.jobs;
    },
    async stop() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
