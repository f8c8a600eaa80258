// The terminal's side of `npm start`, in plain JavaScript so that an old Node can say that it is too old.
// The start itself and all its children run in a process group of their own: a Ctrl-C in the terminal then
// reaches only this process, which passes it on, and the running picture can end in peace.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isNewEnough, OLDEST_NODE } from "./node-version.js";

/** The Node that `npm install` brings along on Linux and Windows. */
const broughtNode = fileURLToPath(
  new URL(
    `../../node_modules/.bin/node${process.platform === "win32" ? ".cmd" : ""}`,
    import.meta.url,
  ),
);

/** @returns {string | null} a Node that can run the start */
function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  return existsSync(broughtNode) ? broughtNode : null;
}

/** @param {string} node */
function launch(node) {
  const start = fileURLToPath(new URL("start.ts", import.meta.url));
  const child = spawn(node, [start, ...process.argv.slice(2)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: process.platform !== "win32",
    shell: node.endsWith(".cmd"),
  });

  /** @param {string} word */
  const tell = (word) => {
    if (child.connected) child.send(word);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => tell("stop"));
  if (process.stdin.isTTY)
    createInterface({ input: process.stdin }).on("line", () => tell("enter"));

  child.on("error", (error) => {
    process.stderr.write(`MobileSD Queue cannot start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    killGroup(child.pid);
    if (signal !== null) process.stderr.write(`MobileSD Queue was ended by ${signal}.\n`);
    process.exit(code ?? 1);
  });
}

/**
 * Ends whatever the start left behind: nothing after a proper stop, its children when it was killed.
 * @param {number | undefined} pid
 */
function killGroup(pid) {
  if (pid === undefined || process.platform === "win32") return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!isGone) throw error;
  }
}

const node = findNode();
if (node === null) {
  process.stderr.write(
    `MobileSD Queue needs Node ${OLDEST_NODE} or newer; this is Node ${process.versions.node}. Get one from https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  launch(node);
}
