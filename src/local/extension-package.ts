import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Zippable, zipSync } from "fflate";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXTENSION_DIR = join(ROOT, "forge-extension", "mobilesdqueue");

/** What Python and systems leave behind while an extension is tried out. */
const isLeftOver = (name: string) =>
  name === "__pycache__" || name.endsWith(".pyc") || name === ".DS_Store";

/** Every file of the extension, as paths below its folder, in order. */
function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some(isLeftOver))
    .toSorted();
}

/**
 * Packs the Forge extension into `outDir`: `mobilesdqueue.zip`, to be unpacked in Forge's `extensions` folder, and
 * the folder `mobilesdqueue`, whose content is the root of a repository for Forge's "Install from URL".
 */
export function packExtension(outDir: string): { zip: string; folder: string } {
  const name = basename(EXTENSION_DIR);
  const folder = join(outDir, name);
  const zip = join(outDir, `${name}.zip`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const entries: Zippable = {};
  for (const path of filesOf(EXTENSION_DIR)) {
    const source = join(EXTENSION_DIR, path);
    cpSync(source, join(folder, path));
    const entry = [name, ...path.split(sep)].join("/");
    // Forge names a script's time in its address: with another time browsers take the new one.
    entries[entry] = [readFileSync(source), { mtime: statSync(source).mtime }];
  }
  writeFileSync(zip, zipSync(entries, { level: 9 }));
  return { zip, folder };
}
