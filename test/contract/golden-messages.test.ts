import { readFileSync } from "node:fs";
import { ClaimPairing, PairingClaimed, ROUTES } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { isWellFormedToken, keyIdOf } from "../../src/domain/credentials.ts";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"));

it("answers a retry as it answers a submit", () => {
  const answer = golden("retry-answer");
  expect(ROUTES.retryJob.response.parse(answer)).toEqual(answer);
  expect(ROUTES.submitJob.response.parse(answer)).toEqual(answer);
});

it("gives an extension a key of its own for a code", () => {
  const { request, answer } = golden("claim-extension");
  expect(ClaimPairing.parse(request)).toEqual(request);
  expect(PairingClaimed.parse(answer)).toEqual(answer);
  const { id, key, secret } = answer.key;
  expect(isWellFormedToken("msk_", key) && isWellFormedToken("mss_", secret)).toBe(true);
  expect(id).toBe(keyIdOf(key));
});
