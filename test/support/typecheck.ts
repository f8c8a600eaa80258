import { spawnSync } from "node:child_process";

/** Every leaf is one runtime: the contract knows no globals, the Worker no Node, the page no Worker. */
const LEAVES = [
  "src/contract",
  "src",
  "src/local",
  "src/web",
  "tunnel-agent",
  "forge-extension",
  "test",
  "test/tsconfig.workerd.json",
];

const failed = LEAVES.filter(
  (leaf) => spawnSync("tsc", ["--noEmit", "-p", leaf], { stdio: "inherit" }).status !== 0,
);
if (failed.length > 0) {
  process.stderr.write(`Type errors in: ${failed.join(", ")}\n`);
  process.exit(1);
}
