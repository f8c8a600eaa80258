import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writePrivateFile } from "./state-folder.ts";

const fileOf = (stateDir: string) => join(stateDir, "runtime.pid");

/** Remembers the runtime's process: it outlives a start that is killed together with its launcher. */
export function noteRuntime(stateDir: string, pid: number): void {
  writePrivateFile(fileOf(stateDir), `${pid}\n`);
}

export function forgetRuntime(stateDir: string): void {
  rmSync(fileOf(stateDir), { force: true });
}

/** The command line of a process; empty when it is gone. Slim Linux images have no `ps`, others no `/proc`. */
function commandOf(pid: number): string {
  const folder = `/proc/${pid}`;
  try {
    if (existsSync("/proc/self/cmdline")) {
      return existsSync(folder)
        ? readFileSync(`${folder}/cmdline`, "utf8").replaceAll("\0", " ")
        : "";
    }
    return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  } catch {
    // It ended between two looks, or `ps` said so by its exit code.
    return "";
  }
}

/** The system may have given the number to another program by now; a dead one has no arguments any more. */
const isRuntime = (pid: number) => commandOf(pid).includes("workerd serve");

const LOOK_EVERY_MS = 50;
const LOOKS_MAX = 100;

/**
 * Ends the runtime that a killed start of this state folder left behind, and waits until it has let go of
 * port and database.
 */
export async function endOrphanRuntime(stateDir: string): Promise<void> {
  const path = fileOf(stateDir);
  if (process.platform === "win32" || !existsSync(path)) return;
  const pid = Number(readFileSync(path, "utf8").trim());
  if (pid > 1 && isRuntime(pid)) {
    process.kill(pid, "SIGKILL");
    for (let looks = 0; looks < LOOKS_MAX && isRuntime(pid); looks++) await sleep(LOOK_EVERY_MS);
  }
  forgetRuntime(stateDir);
}
