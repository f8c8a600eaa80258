import readExif from "exif-reader";
import type { Metadata } from "sharp";

/** How a PNG's chunk of Latin-1 text begins that holds an infotext. */
const LATIN_1_CHUNK = Buffer.from("tEXtparameters\0", "latin1");

/**
 * The infotext of a PNG. Pillow writes Latin-1 where that suffices, in a chunk that sharp takes for UTF-8, so
 * it is read here; other texts stand in a chunk of UTF-8.
 */
function textOfPng(bytes: Buffer, { comments }: Metadata): string | null {
  const at = bytes.indexOf(LATIN_1_CHUNK);
  if (at < 4) return comments?.find(({ keyword }) => keyword === "parameters")?.text ?? null;
  const dataAt = at + "tEXt".length;
  const end = dataAt + bytes.readUInt32BE(at - 4);
  return bytes.toString("latin1", at + LATIN_1_CHUNK.length, end);
}

/** What stands before the UTF-16 of a comment (EXIF 2.3, UserComment). */
const UNICODE = "UNICODE\0";

/** The infotext of a JPEG or WebP. Forge gives each of them a comment, an empty one where it has no infotext. */
function textOfExif({ exif }: Metadata): string | null {
  if (!exif) return null;
  const comment: unknown = readExif(exif).Photo?.UserComment;
  if (!Buffer.isBuffer(comment)) return null;
  if (comment.toString("latin1", 0, UNICODE.length) !== UNICODE) return null;
  // Big-endian, whatever the rest of the block is (piexif.helper, which Forge writes it with).
  return new TextDecoder("utf-16be").decode(comment.subarray(UNICODE.length));
}

/**
 * The infotext that a picture carries, or null: grids made by scripts, masks and control maps have none.
 * `metadata` is what sharp says of the same bytes. Throws where the EXIF block is broken.
 */
export function textOf(bytes: Buffer, metadata: Metadata): string | null {
  return (metadata.format === "png" ? textOfPng(bytes, metadata) : textOfExif(metadata)) || null;
}
