import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./box/until.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REQUIREMENTS = join(ROOT, "test/extension/requirements.txt");
const CACHE = join(ROOT, "node_modules/.cache/mobilesd");

/** How long one process waits for another that makes the same environment. */
const MAKING_LIMIT_MS = 600_000;

/** Gradio 4.40 needs 3.10 at least, and a module that 3.13 has no more. */
const KNOWN = new Set(["3.10", "3.11", "3.12"]);
const NAMES = ["python3.11", "python3.12", "python3.10", "python3", "python"];

const NO_PYTHON =
  "The tests of the Forge extension need Python 3.10, 3.11 or 3.12 with venv. Install it " +
  "(Debian 12: apt install python3.11 python3.11-venv), or set PYTHON to its program.";

/** The version of a program that is a Python with all that makes a venv, as "3.11"; else null. */
function versionOf(program: string): string | null {
  const ask = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
  const { status, stdout } = spawnSync(program, ["-c", ask], { encoding: "utf8" });
  const version = status === 0 ? stdout.trim() : "";
  return KNOWN.has(version) ? version : null;
}

interface Python {
  readonly program: string;
  readonly version: string;
}

function findPython(): Python | null {
  const named = process.env.PYTHON;
  for (const program of named ? [named, ...NAMES] : NAMES) {
    const version = versionOf(program);
    if (version !== null) return { program, version };
  }
  return null;
}

/** Where the system's own package manager can be asked: as root on Debian and its relatives. */
function installPython(): void {
  const aptGet = "/usr/bin/apt-get";
  if (process.getuid?.() !== 0 || !existsSync(aptGet)) return;
  process.stderr.write("The tests need Python with venv: installing Debian's once …\n");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, stdio: "ignore" } as const;
  execFileSync(aptGet, ["update"], options);
  execFileSync(
    aptGet,
    ["install", "-y", "--no-install-recommends", "python3", "python3-venv"],
    options,
  );
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Takes the lock, or says no when a process that still runs has it. */
function lock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const owner = Number(existsSync(path) ? readFileSync(path, "utf8") : "");
    if (owner > 0 && !isRunning(owner)) rmSync(path, { force: true });
    return false;
  }
}

function make(python: string, folder: string): void {
  process.stderr.write("Making the Python environment of the extension's tests once …\n");
  rmSync(folder, { recursive: true, force: true });
  const run = (program: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`The Python environment cannot be made:\n${stderr}`);
  };
  run(python, "-m", "venv", folder);
  const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
  run(programOf(folder), ...pip, "-r", REQUIREMENTS);
}

const programOf = (folder: string) =>
  join(folder, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));

/**
 * The Python program of an environment with what `test/extension/requirements.txt` pins, made under
 * `node_modules/.cache` when it is not there. Half a one is made anew, and two processes never make it
 * together. Throws one sentence when there is no Python that will do.
 */
export async function pythonProgram(): Promise<string> {
  let python = findPython();
  if (python === null) {
    installPython();
    python = findPython();
  }
  if (python === null) throw new Error(NO_PYTHON);
  const pins = readFileSync(REQUIREMENTS, "utf8");
  const key = createHash("sha256").update(`${python.version}\n${pins}`).digest("hex");
  const folder = join(CACHE, `python-${key.slice(0, 12)}`);
  const complete = join(folder, "complete");
  mkdirSync(CACHE, { recursive: true });
  if (existsSync(complete)) return programOf(folder);
  const lockFile = `${folder}.lock`;
  await until("the Python environment is free", () => lock(lockFile), MAKING_LIMIT_MS);
  try {
    if (!existsSync(complete)) {
      make(python.program, folder);
      writeFileSync(complete, "");
    }
  } finally {
    rmSync(lockFile, { force: true });
  }
  return programOf(folder);
}
