import { execFileSync } from "node:child_process";
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterEach, beforeEach, expect, it } from "vitest";
import { packExtension } from "../../src/local/extension-package.ts";

/** Prints the time of a zip's entry, in seconds of Unix: a zip holds local time. */
const TIME_IN_ZIP = `
import sys, time, zipfile
entry = zipfile.ZipFile(sys.argv[1]).getinfo(sys.argv[2])
print(time.mktime((*entry.date_time, 0, 0, -1)))
`;

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

it("a script that was changed has another time in the zip, so that no browser keeps the old one", () => {
  const script = "javascript/mobilesdqueue.js";
  const { zip } = packExtension(outDir);
  const changedMs = statSync(join(EXTENSION, script)).mtimeMs;
  const packedS = execFileSync("python3", ["-c", TIME_IN_ZIP, zip, `mobilesdqueue/${script}`]);
  // A zip tells times to two seconds.
  expect(Math.abs(Number(packedS) * 1_000 - changedMs)).toBeLessThan(2_000);
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
