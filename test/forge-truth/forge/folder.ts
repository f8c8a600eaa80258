import { existsSync, lstatSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RefusedForge } from "../../forge-api/forge/idle.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** What is linked into Forge's `extensions/` for a run, by the name that it has there. */
const EXTENSION = ["mobilesdqueue", join(ROOT, "forge-extension/mobilesdqueue")] as const;
const ORACLE = ["mobilesd-forge-truth-oracle", join(ROOT, "test/forge-truth/oracle")] as const;

/** Files of a Forge that belong to its owner. The run uses others, but Forge may write these by itself. */
const OWNERS_FILES = ["config.json", "ui-config.json", "styles.csv", "params.txt"];

/** A Forge on this disk. */
export interface ForgeFolder {
  /** Where `launch.py` is. */
  readonly forge: string;
  readonly python: string;
}

/**
 * Finds Forge and its Python: in `dir/forge` with `dir/venv`, or in `dir` itself with `python`. Throws
 * `RefusedForge` with what is missing.
 */
export function findForge(dir: string, python: string | undefined): ForgeFolder {
  const places = [join(dir, "forge"), dir].map((place) => resolve(place));
  const forge = places.find((place) => existsSync(join(place, "launch.py")));
  if (forge === undefined) {
    throw new RefusedForge(
      `--forge-dir ${dir}: neither it nor its folder "forge" has a launch.py.`,
    );
  }
  const own = [join(dir, "venv/bin/python"), join(dir, "venv/Scripts/python.exe")];
  const found = python ?? own.find((path) => existsSync(path));
  if (found === undefined || !existsSync(found)) {
    const where = python === undefined ? `${dir} has no venv` : `${python} is not there`;
    throw new RefusedForge(`${where}: name Forge's Python with --python.`);
  }
  return { forge, python: resolve(found) };
}

/** A Forge folder with our links in it. */
export interface LentFolder {
  /** Takes the links out and puts the owner's files back; says one sentence for each file that had changed. */
  giveBack(): Promise<string[]>;
}

const read = (path: string) => (existsSync(path) ? readFileSync(path) : null);

/** Whether a link to this very place is there. Throws `RefusedForge` when anything else has its name. */
function hasLink(path: string, target: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isSymbolicLink() && resolve(readlinkSync(path)) === target) return true;
  throw new RefusedForge(`${path} is there already: take it out of this Forge for the run.`);
}

/** The links that go with the run. One to our extension that was there before stays its owner's. */
function linksOf(extensions: string): { readonly path: string; readonly target: string }[] {
  const [own, oracle] = [EXTENSION, ORACLE].map(([name, target]) => {
    const path = join(extensions, name);
    return { path, target, isThere: hasLink(path, target) };
  });
  return [own, oracle].flatMap((link) => (link && !(link === own && link.isThere) ? [link] : []));
}

/** Links the extension and the oracle in, and remembers the owner's files byte by byte. */
export async function borrowFolder({ forge }: ForgeFolder): Promise<LentFolder> {
  const extensions = join(forge, "extensions");
  const links = linksOf(extensions);
  const before = OWNERS_FILES.map((name) => [name, read(join(forge, name))] as const);
  await mkdir(extensions, { recursive: true });
  for (const { path, target } of links) {
    await rm(path, { force: true });
    await symlink(target, path, "junction");
  }
  return {
    async giveBack() {
      for (const { path } of links) await rm(path, { force: true });
      const changed = before.filter(([name, bytes]) => {
        const now = read(join(forge, name));
        return bytes === null ? now !== null : now === null || !now.equals(bytes);
      });
      for (const [name, bytes] of changed) {
        const path = join(forge, name);
        await (bytes === null ? rm(path, { force: true }) : writeFile(path, bytes));
      }
      return changed.map(([name]) => `${name} had changed and is as it was.`);
    },
  };
}
