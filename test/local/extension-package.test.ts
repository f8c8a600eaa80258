import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterEach, beforeEach, expect, it } from "vitest";
import { packExtension } from "../../src/local/extension-package.ts";

const EXTENSION = "forge-extension/mobilesdqueue";
const filesBelow = (dir: string) =>
  globSync("**/*", { cwd: dir, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((path) => !path.includes("__pycache__"))
    .toSorted();

let outDir = "";
beforeEach(() => {
  outDir = mkdtempSync(join(tmpdir(), "mobilesd-pack-"));
});
afterEach(() => rmSync(outDir, { recursive: true, force: true }));

it("the zip unpacks into one folder that holds the extension, byte by byte", () => {
  const { zip } = packExtension(outDir);
  const entries = unzipSync(readFileSync(zip));
  const paths = filesBelow(EXTENSION);
  expect(Object.keys(entries).toSorted()).toEqual(paths.map((path) => `mobilesdqueue/${path}`));
  for (const path of paths) {
    const packed = Buffer.from(entries[`mobilesdqueue/${path}`] ?? []);
    expect(packed.equals(readFileSync(join(EXTENSION, path))), path).toBe(true);
  }
});

it("the same extension makes the same zip, without what Python left behind", () => {
  const first = readFileSync(packExtension(outDir).zip);
  const leftOver = join(EXTENSION, "scripts", "__pycache__");
  mkdirSync(leftOver, { recursive: true });
  writeFileSync(join(leftOver, "left-over-of-a-test.pyc"), "");
  try {
    expect(readFileSync(packExtension(outDir).zip).equals(first)).toBe(true);
  } finally {
    rmSync(join(leftOver, "left-over-of-a-test.pyc"));
  }
});

it("the folder can be served by a plain git repository: a clone of it is the extension", () => {
  const { folder } = packExtension(outDir);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "pipe" });
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "x");
  const clone = join(outDir, "clone");
  execFileSync("git", ["clone", "--quiet", folder, clone], { stdio: "pipe" });
  const cloned = filesBelow(clone).filter((path) => !path.startsWith(".git/"));
  expect(cloned).toEqual(filesBelow(EXTENSION));
  expect(cloned).toContain("scripts/mobilesdqueue.py");
});
