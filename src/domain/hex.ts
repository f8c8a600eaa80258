import { bytesToHex } from "@noble/hashes/utils.js";

/** A digest in lower-case hexadecimal digits. */
export function toHex(digest: ArrayBuffer): string {
  return bytesToHex(new Uint8Array(digest));
}
