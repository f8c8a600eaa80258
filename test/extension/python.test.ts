import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { pythonProgram } from "../support/python.ts";
import { type PytestCase, readJunit } from "./support/junit.ts";

const python = await pythonProgram();

/** Runs pytest once; each of its cases becomes a test here, so that none of them is lost in a sum. */
function runPytest(): { cases: PytestCase[]; status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "pytest-"));
  const report = join(folder, "junit.xml");
  const args = ["-m", "pytest", "-q", "--rootdir=forge-extension", "-c"];
  const where = ["forge-extension/pyproject.toml", "forge-extension/tests", `--junitxml=${report}`];
  const { status, stdout, stderr } = spawnSync(python, [...args, ...where], { encoding: "utf8" });
  try {
    return { cases: readJunit(readFileSync(report, "utf8")), status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const run = runPytest();

for (const { name, failure } of run.cases) {
  it(name, () => {
    expect(failure ?? "passed").toBe("passed");
  });
}

it("finds the extension's Python tests, and pytest ends as they say", () => {
  expect(run.cases.length, run.output).toBeGreaterThan(100);
  const hasFailed = run.cases.some(({ failure }) => failure !== null);
  expect(run.status, run.output).toBe(hasFailed ? 1 : 0);
});

it.each([
  ["check", "forge-extension"],
  ["check", "test/extension/host"],
  ["format --check", "forge-extension"],
  ["format --check", "test/extension/host"],
])("ruff %s has nothing to say of %s", (command, folder) => {
  const args = ["-m", "ruff", ...command.split(" "), folder];
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
});
