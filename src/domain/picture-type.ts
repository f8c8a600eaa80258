import type { ImageMime } from "@mobilesd/contract";

/** Bytes at the start of a picture by which its type is known. */
export const SIGNATURE_BYTES = 12;

const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));
/** A byte that may be anything: in a WebP the file's length stands there. */
const ANY = null;

/** How files of each type begin: PNG specification §5.2, JPEG's SOI and the marker after it, RIFF with WEBP. */
const SIGNATURES: Record<ImageMime, readonly (number | null)[]> = {
  "image/png": [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a],
  "image/jpeg": [0xff, 0xd8, 0xff],
  "image/webp": [...ascii("RIFF"), ANY, ANY, ANY, ANY, ...ascii("WEBP")],
};

/** Whether bytes begin as a picture of a type does. */
export function beginsAs(mime: ImageMime, head: Uint8Array): boolean {
  return SIGNATURES[mime].every((byte, at) =>
    byte === ANY ? at < head.length : head[at] === byte,
  );
}
