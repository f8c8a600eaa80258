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

interface ProcessLook {
  /** The program, perhaps with its path; it is known until the very end. */
  readonly name: string;
  /** As the system letters it; a zombie, `Z`, holds nothing any more. */
  readonly state: string;
}

/** One process; null when it is gone. Slim Linux images have no `ps`, other systems have no `/proc`. */
function lookAt(pid: number): ProcessLook | null {
  try {
    if (existsSync("/proc/self/stat")) {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const end = stat.lastIndexOf(")");
      return { name: stat.slice(stat.indexOf("(") + 1, end), state: stat.charAt(end + 2) };
    }
    const options = ["-p", String(pid), "-o", "stat=", "-o", "comm="];
    const text = execFileSync("ps", options, { encoding: "utf8" }).trim();
    return { name: text, state: text.charAt(0) };
  } catch {
    // No such process: there is no file of it, or `ps` says so by its exit code.
    return null;
  }
}

const LOOK_EVERY_MS = 50;
const LOOKS_MAX = 100;

/** Waits until a process has let go of all it held: that is a little later than its last instruction. */
async function untilGone(pid: number): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const look = lookAt(pid);
    if (look === null || look.state === "Z") return;
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * Ends the runtime that a killed start of this state folder left behind, and waits until it is gone. True
 * when there was one: its port may take a moment more, until the last of its threads has ended.
 */
export async function endOrphanRuntime(stateDir: string): Promise<boolean> {
  const path = fileOf(stateDir);
  if (process.platform === "win32" || !existsSync(path)) return false;
  const pid = Number(readFileSync(path, "utf8").trim());
  // The system may have given the number to another program by now.
  const isOurs = pid > 1 && (lookAt(pid)?.name.endsWith("workerd") ?? false);
  if (isOurs) {
    process.kill(pid, "SIGKILL");
    await untilGone(pid);
  }
  forgetRuntime(stateDir);
  return isOurs;
}
