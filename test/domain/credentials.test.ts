import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  hashSecret,
  isEqualDigest,
  isWellFormedToken,
  makePairingCode,
  makeToken,
  normalizePairingCode,
  randomBase62,
} from "../../src/domain/credentials.ts";

const random = (count: number) => new Uint8Array(randomBytes(count));
const PREFIXES = ["msk_", "mss_", "mps_"] as const;

it("makes tokens that say what they are and are well-formed", () => {
  for (const prefix of PREFIXES) {
    const token = makeToken(prefix, random);
    expect(token).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]+$`));
    expect(isWellFormedToken(prefix, token)).toBe(true);
    for (const other of PREFIXES.filter((one) => one !== prefix)) {
      expect(isWellFormedToken(other, token)).toBe(false);
    }
  }
});

it("knows a typo by the checksum alone", () => {
  const token = makeToken("msk_", random);
  const at = fc.integer({ min: 4, max: token.length - 1 });
  const char = fc.constantFrom(..."0123456789ABCxyz-é");
  fc.assert(
    fc.property(at, char, (index, letter) => {
      fc.pre(token[index] !== letter);
      const wrong = token.slice(0, index) + letter + token.slice(index + 1);
      expect(isWellFormedToken("msk_", wrong)).toBe(false);
    }),
  );
  expect(isWellFormedToken("msk_", token.slice(0, -1))).toBe(false);
  expect(isWellFormedToken("msk_", `${token} `)).toBe(false);
});

it("draws every character with the same chance", () => {
  const everyByte = () => Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const counts = new Map<string, number>();
  for (const letter of randomBase62(248, everyByte)) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  expect(counts.size).toBe(62);
  expect(new Set(counts.values())).toEqual(new Set([4]));
});

it("stores a secret as a hash that needs the pepper", () => {
  const hash = hashSecret("secret", "pepper");
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(hash).not.toBe(hashSecret("secret", "other"));
  expect(hash).not.toBe(hashSecret("\0secret", "pepper".slice(0, -1)));
  expect(isEqualDigest(hash, hashSecret("secret", "pepper"))).toBe(true);
});

it("finds digests equal only when they are", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(isEqualDigest(a, b)).toBe(a === b);
    }),
  );
});

it("reads a pairing code however a person types it", () => {
  const code = makePairingCode(random);
  expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/);
  const typed = ` ${code.toLowerCase().replaceAll("-", " ")} `;
  expect(normalizePairingCode(typed)).toBe(code.replaceAll("-", ""));
});
