import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { packExtension } from "./extension-package.ts";

const OUT_DIR = fileURLToPath(new URL("../../dist/extension", import.meta.url));

const { zip, folder } = packExtension(OUT_DIR);
const shown = (path: string) => relative(process.cwd(), path);
process.stdout.write(
  [
    `Packed ${shown(zip)}`,
    "  Unpack it in the folder extensions of your Forge and start Forge anew.",
    `Packed ${shown(folder)}`,
    '  Its content is the root of a git repository for "Install from URL" on Forge\'s Extensions tab.',
    "",
  ].join("\n"),
);
