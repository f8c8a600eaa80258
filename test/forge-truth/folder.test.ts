import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { borrowFolder, findForge } from "./forge/folder.ts";

/** What looks like a Forge, as far as its folder goes. */
function makeForge(): { dir: string; forge: string; python: string } {
  const dir = mkdtempSync(join(tmpdir(), "forge-truth-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [forge, bin] = [join(dir, "forge"), join(dir, "venv/bin")];
  mkdirSync(join(forge, "extensions"), { recursive: true });
  mkdirSync(bin, { recursive: true });
  const python = join(bin, "python");
  for (const path of [join(forge, "launch.py"), python]) writeFileSync(path, "");
  return { dir, forge, python };
}

const ORACLE = "extensions/mobilesd-forge-truth-oracle";
const OURS = "extensions/mobilesdqueue";

it("Forge and its Python are found in the folder that was built for it, and in Forge's own", () => {
  const { dir, forge, python } = makeForge();
  expect(findForge(dir, undefined)).toEqual({ forge, python });
  expect(findForge(forge, python)).toEqual({ forge, python });
});

it("a folder without Forge, and a Forge without a Python, are refused in words", () => {
  const { dir, forge } = makeForge();
  expect(() => findForge(join(dir, "venv"), undefined)).toThrow("launch.py");
  expect(() => findForge(forge, undefined)).toThrow("--python");
  expect(() => findForge(forge, join(dir, "none"))).toThrow("is not there");
});

it("both links lead into the project, and after the run they are gone", async () => {
  const { forge, python } = makeForge();
  const lent = await borrowFolder({ forge, python });
  expect(existsSync(join(forge, OURS, "scripts/mobilesdqueue.py"))).toBe(true);
  expect(existsSync(join(forge, ORACLE, "scripts/forge_truth_oracle.py"))).toBe(true);
  expect(await lent.giveBack()).toEqual([]);
  expect([OURS, ORACLE].map((path) => existsSync(join(forge, path)))).toEqual([false, false]);
});

it("the owner's files are byte by byte what they were, and one that was not there is not there", async () => {
  const { forge, python } = makeForge();
  const bytes = Buffer.from([0x7b, 0x7d, 0x0d, 0x0a, 0xff]);
  writeFileSync(join(forge, "config.json"), bytes);
  const lent = await borrowFolder({ forge, python });
  writeFileSync(join(forge, "config.json"), "{}");
  writeFileSync(join(forge, "params.txt"), "a red cube");
  expect(await lent.giveBack()).toHaveLength(2);
  expect(readFileSync(join(forge, "config.json")).equals(bytes)).toBe(true);
  expect(existsSync(join(forge, "params.txt"))).toBe(false);
});

it("an extension of the owner's by our name is left alone and the run refused", async () => {
  const { forge, python } = makeForge();
  mkdirSync(join(forge, OURS));
  await expect(borrowFolder({ forge, python })).rejects.toThrow("mobilesdqueue");
  expect(existsSync(join(forge, ORACLE))).toBe(false);
});

it("a link to this very extension stays its owner's; one to the oracle is of a run that was killed", async () => {
  const { forge, python } = makeForge();
  const first = await borrowFolder({ forge, python });
  const target = readlinkSync(join(forge, OURS));
  await first.giveBack();
  symlinkSync(target, join(forge, OURS));
  symlinkSync(join(target, "../../test/forge-truth/oracle"), join(forge, ORACLE));
  const lent = await borrowFolder({ forge, python });
  await lent.giveBack();
  expect([OURS, ORACLE].map((path) => existsSync(join(forge, path)))).toEqual([true, false]);
});
