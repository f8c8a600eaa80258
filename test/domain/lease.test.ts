import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { hashSecret } from "../../src/domain/credentials.ts";
import { isLeaseProof, isRenewalDue, leaseTokenOf } from "../../src/domain/lease.ts";

const claim = { sessionId: "ses_1", claimId: "claim-1" };
const lease_token = leaseTokenOf(claim, "pepper");
const row = { epoch: 3, leaseHash: hashSecret(lease_token, "pepper") };

it("gives a repeated claim the same token, and every other claim another", () => {
  expect(leaseTokenOf({ ...claim }, "pepper")).toBe(lease_token);
  expect(leaseTokenOf({ ...claim, sessionId: "ses_2" }, "pepper")).not.toBe(lease_token);
  expect(leaseTokenOf({ ...claim, claimId: "claim-2" }, "pepper")).not.toBe(lease_token);
  expect(leaseTokenOf(claim, "other")).not.toBe(lease_token);
});

it("is proved by epoch and token together, never by one of them", () => {
  expect(isLeaseProof(row, { epoch: 3, lease_token }, "pepper")).toBe(true);
  expect(isLeaseProof(row, { epoch: 2, lease_token }, "pepper")).toBe(false);
  expect(isLeaseProof(row, { epoch: 3, lease_token: "mlt_other" }, "pepper")).toBe(false);
  expect(isLeaseProof({ ...row, leaseHash: null }, { epoch: 3, lease_token }, "pepper")).toBe(
    false,
  );
});

it("is renewed once thirty seconds of it are gone", () => {
  const granted = 1_000_000;
  const until = granted + DURATIONS.leaseTtlMs;
  expect(isRenewalDue(until, granted + DURATIONS.leaseRenewAfterMs - 1, DURATIONS)).toBe(false);
  expect(isRenewalDue(until, granted + DURATIONS.leaseRenewAfterMs, DURATIONS)).toBe(true);
});
