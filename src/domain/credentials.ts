import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What a token is for stands at its start, so that a leaked one can be found and named. */
export type TokenPrefix = "msk_" | "mss_" | "mps_";

/** Characters of chance in each token: 62^22 > 2^130 and 62^43 > 2^256. */
const RANDOM_CHARS: Record<TokenPrefix, number> = { msk_: 22, mss_: 43, mps_: 43 };
const CHECKSUM_CHARS = 6;

/** Fills with random bytes; the platform's `crypto.getRandomValues`, or a test's. */
export type RandomBytes = (count: number) => Uint8Array;

/** `count` uniform base62 characters. Bytes of 248 and more are thrown away, as they would skew the choice. */
export function randomBase62(count: number, randomBytes: RandomBytes): string {
  let text = "";
  while (text.length < count) {
    for (const byte of randomBytes(count * 2)) {
      if (byte < 248 && text.length < count) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

function checksum(text: string): string {
  let rest = BigInt(`0x${bytesToHex(sha256(utf8ToBytes(text)).slice(0, 8))}`);
  let digits = "";
  for (let i = 0; i < CHECKSUM_CHARS; i++) {
    digits += ALPHABET.charAt(Number(rest % 62n));
    rest /= 62n;
  }
  return digits;
}

/** A new token: prefix, chance, and a checksum by which a typo is refused without a look at the database. */
export function makeToken(prefix: TokenPrefix, randomBytes: RandomBytes): string {
  const body = prefix + randomBase62(RANDOM_CHARS[prefix], randomBytes);
  return body + checksum(body);
}

/** Whether a text has the form of such a token, checksum included. Says nothing about whether it exists. */
export function isWellFormedToken(prefix: TokenPrefix, token: string): boolean {
  const length = prefix.length + RANDOM_CHARS[prefix] + CHECKSUM_CHARS;
  if (!token.startsWith(prefix) || token.length !== length) return false;
  const body = token.slice(0, -CHECKSUM_CHARS);
  return token === body + checksum(body);
}

/** The row id of a key: its first characters behind the prefix, so that a key is found without an index. */
export function keyIdOf(key: string): string {
  return `key_${key.slice(4, 20)}`;
}

/** How a secret is stored. It has 256 bits of chance, so a fast hash is enough; the pepper is the Worker's. */
export function hashSecret(secret: string, pepper: string): string {
  return bytesToHex(
    sha256(concatBytes(utf8ToBytes(pepper), utf8ToBytes("\0"), utf8ToBytes(secret))),
  );
}

/** Compares two digests in a time that does not depend on where they differ. */
export function isEqualDigest(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Characters that cannot be taken for one another when read from a screen. */
const CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS = 12;

/** A pairing code such as `7K3M-Q2XW-9RTD`: 58 bits, for ten minutes and one use. */
export function makePairingCode(randomBytes: RandomBytes): string {
  let text = "";
  while (text.length < CODE_CHARS) {
    for (const byte of randomBytes(CODE_CHARS * 2)) {
      if (byte < 240 && text.length < CODE_CHARS) text += CODE_ALPHABET.charAt(byte % 30);
    }
  }
  return text.replace(/(.{4})(?=.)/g, "$1-");
}

/** The code as it is stored and compared: upper case, without what people add when they type it. */
export function normalizePairingCode(code: string): string {
  return code.toUpperCase().replace(/[^0-9A-Z]/g, "");
}
