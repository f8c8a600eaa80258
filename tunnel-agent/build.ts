import { build } from "esbuild";

/** Bundles the agent into one file that runs on Node 20: the contract goes in, its packages stay out. */
await build({
  entryPoints: ["src/cli.ts"],
  outfile: "dist/cli.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  external: [
    "commander",
    "exif-reader",
    "json5",
    "p-retry",
    "pino",
    "sharp",
    "smol-toml",
    "undici",
    "write-file-atomic",
  ],
});
