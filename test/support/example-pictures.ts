/** Headers of pictures, made by hand: the Worker reads type and size from them and nothing else. */

const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));
const big = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, at) => (value >>> (8 * (bytes - 1 - at))) & 255);

/** A PNG's signature and header, then `more`. */
export function pngOf(width: number, height: number, more = "the rest"): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a],
    ...[...big(13, 4), ...ascii("IHDR"), ...big(width, 4), ...big(height, 4)],
    ...[8, 6, 0, 0, 0, ...big(0, 4)],
    ...ascii(more),
  ]);
}

/** A JPEG whose size stands behind `exifBytes` of EXIF. */
export function jpegOf(width: number, height: number, exifBytes = 16): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xe1, ...big(exifBytes + 2, 2)],
    ...Array.from({ length: exifBytes }, () => 0),
    ...[0xff, 0xc0, ...big(17, 2), 8, ...big(height, 2), ...big(width, 2), 3],
    ...Array.from({ length: 16 }, () => 1),
    ...[0xff, 0xd9],
  ]);
}

/** A lossy WebP. */
export function webpOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const little = (value: number) => [value & 255, value >> 8];
  return Uint8Array.from([
    ...ascii("RIFF"),
    ...[40, 0, 0, 0],
    ...ascii("WEBPVP8 "),
    ...[28, 0, 0, 0, 0x10, 0, 0, 0x9d, 0x01, 0x2a, ...little(width), ...little(height)],
    ...Array.from({ length: 18 }, () => 0),
  ]);
}
