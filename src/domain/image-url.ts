import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { isEqualDigest } from "./credentials.ts";

export type ImageKind = "preview" | "download";

const DAY_MS = 86_400_000;
/** Days until a URL ends, rounded up to midnight UTC: it stays the same all day, and caches hold. */
const VALID_DAYS = 2;

function sign(kind: ImageKind, name: string, expires: string, key: string): string {
  return bytesToHex(
    hmac(sha256, utf8ToBytes(key), utf8ToBytes(`${kind}\n${name}\n${expires}`)),
  ).slice(0, 43);
}

/** An absolute URL of a picture that needs no credentials until it expires. `origin` without a slash at its end. */
export function signedImageUrl(
  origin: string,
  kind: ImageKind,
  name: string,
  now: number,
  key: string,
): string {
  const expires = String((Math.floor(now / DAY_MS) + VALID_DAYS) * (DAY_MS / 1000));
  const signature = sign(kind, name, expires, key);
  return `${origin}/api/v1/images/${kind}/${name}?expires=${expires}&signature=${signature}`;
}

/** Whether the query of an image URL was signed here, for this picture and kind, and is not over. */
export function isValidImageSignature(
  kind: ImageKind,
  name: string,
  query: { expires: string | undefined; signature: string | undefined },
  now: number,
  key: string,
): boolean {
  if (query.expires === undefined || query.signature === undefined) return false;
  if (!/^\d{1,12}$/.test(query.expires) || Number(query.expires) * 1000 <= now) return false;
  return isEqualDigest(query.signature, sign(kind, name, query.expires, key));
}
