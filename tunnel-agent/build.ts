import { build } from "esbuild";

/**
 * Bundles the agent, and the thread that it starts for pictures, into a file each that runs on Node 20: the
 * contract goes in, its packages stay out.
 */
await build({
  entryPoints: { cli: "src/cli.ts", "image-worker": "src/images/image-worker.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  external: [
    "commander",
    "exif-reader",
    "json5",
    "log-update",
    "p-retry",
    "pino",
    "sharp",
    "slice-ansi",
    "smol-toml",
    "undici",
    "write-file-atomic",
  ],
});
