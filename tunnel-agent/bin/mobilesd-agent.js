#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

// The box's memory is Forge's. Of itself the allocator of Linux keeps a pool for each thread, and each is as large
// as the largest picture that its thread ever held; how many there are is settled before a program begins.
const POOLS = "MALLOC_ARENA_MAX";
if (process.platform === "linux" && process.execve && !(POOLS in process.env)) {
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, [POOLS]: "2" });
}
// The engine would let short-lived things pile up to 32 MB in each thread, and trade memory for speed; an agent
// waits most of the time. Set before anything is loaded.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--optimize-for-size");
await import("../dist/cli.js");
