import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { CASES } from "./cases/all.ts";

const PROGRAM = fileURLToPath(new URL("./run.ts", import.meta.url));

/** Runs the suite as a person does, to its end. */
async function runSuite(...args: string[]) {
  const suite = spawn(process.execPath, [PROGRAM, ...args]);
  let said = "";
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
  }
  const [code] = await once(suite, "close");
  return { code: Number(code), said };
}

it("tells what it does and lists its cases without a Forge", async () => {
  const [help, list] = await Promise.all([runSuite("--help"), runSuite("--list")]);
  expect(help).toMatchObject({ code: 0 });
  expect(help.said).toContain("--forge-dir <dir>");
  expect(list).toEqual({ code: 0, said: CASES.map(({ name }) => `${name}\n`).join("") });
});

it("refuses a folder without Forge, a name that no case has and a missing folder, in a sentence", async () => {
  const refused = await Promise.all([
    runSuite("--forge-dir", tmpdir()),
    runSuite("--forge-dir", tmpdir(), "--only", "no such case"),
    runSuite(),
  ]);
  expect(refused.map(({ code }) => code)).toEqual([2, 2, 2]);
  expect(refused.map(({ said }) => said.split("\n").length)).toEqual([2, 2, 2]);
});

it("every case has a name of its own", () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
});
