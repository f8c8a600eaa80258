import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "./state-folder.ts";

const fileOf = (stateDir: string) => join(stateDir, "runtime.pid");

/** Remembers the runtime's process: it outlives a start that is killed together with its launcher. */
export function noteRuntime(stateDir: string, pid: number): void {
  writePrivateFile(fileOf(stateDir), `${pid}\n`);
}

export function forgetRuntime(stateDir: string): void {
  rmSync(fileOf(stateDir), { force: true });
}

function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  } catch {
    // ps answers 1 for a process that is gone.
    return "";
  }
}

/** Ends the runtime that a killed start of this state folder left behind: it still holds port and database. */
export function endOrphanRuntime(stateDir: string): void {
  const path = fileOf(stateDir);
  if (process.platform === "win32" || !existsSync(path)) return;
  const pid = Number(readFileSync(path, "utf8").trim());
  // The system may have given the number to another program by now.
  if (pid > 1 && commandOf(pid).includes("workerd")) process.kill(pid, "SIGKILL");
  forgetRuntime(stateDir);
}
