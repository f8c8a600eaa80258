import { expect, it } from "vitest";
import { isValidImageSignature, signedImageUrl } from "../../src/domain/image-url.ts";

const NAME = "3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11_00001.png";
const DAY_MS = 86_400_000;
const MORNING = Date.parse("2026-11-02T00:00:00.000Z");

function queryOf(url: string) {
  const { searchParams } = new URL(url);
  return {
    expires: searchParams.get("expires") ?? undefined,
    signature: searchParams.get("signature") ?? undefined,
  };
}

const url = signedImageUrl("https://queue.test", "download", NAME, MORNING, "key");
const query = queryOf(url);
const isValid = (changes: Partial<typeof query>, now = MORNING) =>
  isValidImageSignature("download", NAME, { ...query, ...changes }, now, "key");

it("is the same all day, so that caches hold, and lasts for at least a day", () => {
  const evening = signedImageUrl(
    "https://queue.test",
    "download",
    NAME,
    MORNING + DAY_MS - 1,
    "key",
  );
  expect(evening).toBe(url);
  expect(signedImageUrl("https://queue.test", "download", NAME, MORNING + DAY_MS, "key")).not.toBe(
    url,
  );
  expect(isValid({}, MORNING + DAY_MS - 1 + DAY_MS)).toBe(true);
});

it("is absolute and opens its picture until it expires", () => {
  expect(url).toMatch(/^https:\/\/queue\.test\/api\/v1\/images\/download\/3f0d6a0e/);
  expect(isValid({})).toBe(true);
  expect(isValid({}, MORNING + 2 * DAY_MS - 1)).toBe(true);
  expect(isValid({}, MORNING + 2 * DAY_MS)).toBe(false);
});

it("opens nothing when any part of it was changed", () => {
  const later = String(Number(query.expires) + 86_400);
  expect(isValid({ expires: later })).toBe(false);
  expect(isValid({ expires: undefined })).toBe(false);
  expect(isValid({ expires: `${query.expires}.0` })).toBe(false);
  expect(isValid({ expires: `+${query.expires}` })).toBe(false);
  expect(isValid({ signature: undefined })).toBe(false);
  expect(isValid({ signature: "" })).toBe(false);
  expect(isValid({ signature: query.signature?.toUpperCase() })).toBe(false);
  const other = NAME.replace("00001", "00002");
  expect(isValidImageSignature("download", other, query, MORNING, "key")).toBe(false);
  expect(isValidImageSignature("preview", NAME, query, MORNING, "key")).toBe(false);
  expect(isValidImageSignature("download", NAME, query, MORNING, "other")).toBe(false);
});
