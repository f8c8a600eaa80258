import { gzipSync } from "node:zlib";
import type { OptionStore } from "./option-store.ts";

const SIGNATURE = "stealth_pngcomp";

/**
 * The alpha channel that Forge gives a PNG when it saves it: opaque, with the infotext in the last
 * bits, column by column (modules/stealth_infotext.py). Null when nothing is hidden.
 */
export function hideText(
  { width, height }: { width: number; height: number },
  text: string,
  options: OptionStore,
  formatOption: "samples_format" | "grid_format",
): Buffer | null {
  const isPng = String(options.get(formatOption)).toLowerCase() === "png";
  const isAlpha = String(options.get("stealth_pnginfo_option") ?? "Alpha") === "Alpha";
  if (!isPng || !isAlpha || options.get("enable_pnginfo") === false) return null;
  const alpha = Buffer.alloc(width * height, 255);
  const body = gzipSync(Buffer.from(text, "utf8"), { level: 9 });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length * 8);
  const bytes = Buffer.concat([Buffer.from(SIGNATURE, "latin1"), length, body]);
  const count = Math.min(bytes.length * 8, width * height);
  for (let index = 0; index < count; index++) {
    const bit = ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
    const x = Math.floor(index / height);
    alpha[(index % height) * width + x] = 254 | bit;
  }
  return alpha;
}
