/** Offset of the user comment in the block below, and what every reader expects before the text. */
const COMMENT_OFFSET = 40;
const COMMENT_CODE = "UNICODE\0";

/** An EXIF block with one UserComment in UTF-16, laid out as Forge's library writes it. */
export function createExif(comment: string): Buffer {
  const text = Buffer.from(comment, "utf16le").swap16();
  const value = Buffer.concat([Buffer.from(COMMENT_CODE, "latin1"), text]);
  const head = Buffer.alloc(COMMENT_OFFSET);
  head.write("MM\0*", 0, "latin1");
  head.writeUInt32BE(8, 4);
  head.writeUInt16BE(1, 8);
  writeEntry(head, 10, { tag: 0x8769, type: 4, count: 1, value: 26 });
  head.writeUInt16BE(1, 26);
  writeEntry(head, 28, { tag: 0x9286, type: 7, count: value.length, value: COMMENT_OFFSET });
  return Buffer.concat([head, value]);
}

/** Puts an EXIF block behind the first marker of a JPEG file; one too long for it is left out. */
export function addExifToJpeg(jpeg: Buffer, exif: Buffer): Buffer {
  const length = exif.length + 8;
  if (length > 0xffff) return jpeg;
  const head = Buffer.from([0xff, 0xe1, length >> 8, length & 255]);
  const block = Buffer.concat([head, Buffer.from("Exif\0\0", "latin1"), exif]);
  return Buffer.concat([jpeg.subarray(0, 2), block, jpeg.subarray(2)]);
}

/** Wraps a simple WebP file into the extended form, which alone can hold an EXIF block. */
export function addExifToWebp(webp: Buffer, exif: Buffer, width: number, height: number): Buffer {
  const extended = Buffer.alloc(10);
  extended.writeUInt8(0x08, 0);
  extended.writeUIntLE(width - 1, 4, 3);
  extended.writeUIntLE(height - 1, 7, 3);
  const picture = webp.subarray(12);
  const body = Buffer.concat([
    Buffer.from("WEBP", "latin1"),
    createWebpChunk("VP8X", extended),
    picture,
    createWebpChunk("EXIF", exif),
  ]);
  return createWebpChunk("RIFF", body);
}

function createWebpChunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function writeEntry(
  block: Buffer,
  offset: number,
  entry: { tag: number; type: number; count: number; value: number },
): void {
  block.writeUInt16BE(entry.tag, offset);
  block.writeUInt16BE(entry.type, offset + 2);
  block.writeUInt32BE(entry.count, offset + 4);
  block.writeUInt32BE(entry.value, offset + 8);
}
