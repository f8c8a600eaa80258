import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WEB = fileURLToPath(new URL("../web", import.meta.url));
const OUT = fileURLToPath(new URL("../../dist/web", import.meta.url));

/** What goes to the browser as it is. */
const STATIC_FILES = ["index.html", "icon.svg", "_headers"];

/** Writes a file only if it changed: another start may be serving this very folder. */
function writeChanged(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  writeFileSync(path, contents);
}

/** Builds the pages into `dist/web`, which the Worker serves; answers that folder. */
export async function buildPages(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: { main: join(WEB, "main.ts"), style: join(WEB, "style.css") },
    outdir: OUT,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify: true,
    // The pages' content security policy allows no code from text, so zod must not even try it.
    banner: { js: "globalThis.__zod_globalConfig={jitless:true};" },
    logLevel: "silent",
  });
  mkdirSync(OUT, { recursive: true });
  for (const name of STATIC_FILES) writeChanged(join(OUT, name), readFileSync(join(WEB, name)));
  for (const file of outputFiles) writeChanged(file.path, file.contents);
  const kept = new Set([...STATIC_FILES, ...outputFiles.map((file) => basename(file.path))]);
  for (const name of readdirSync(OUT)) {
    if (!kept.has(name)) rmSync(join(OUT, name), { recursive: true });
  }
  return OUT;
}
