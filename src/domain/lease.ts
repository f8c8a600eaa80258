import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Durations, LeaseProof } from "@mobilesd/contract";
import { hashSecret, isEqualDigest } from "./credentials.ts";

/**
 * The token of the lease that a claim grants. Made from the claim, so that a repeated claim is answered
 * with the same token although only its hash is stored; nobody without the pepper can make it.
 */
export function leaseTokenOf(
  claim: { sessionId: string; claimId: string },
  pepper: string,
): string {
  const digest = hmac(
    sha256,
    utf8ToBytes(pepper),
    utf8ToBytes(`lease\n${claim.sessionId}\n${claim.claimId}`),
  );
  return `mlt_${bytesToHex(digest)}`;
}

/** Whether a proof is that of the lease that a row names, be the job finished or not. */
export function isLeaseProof(
  row: { readonly epoch: number; readonly leaseHash: string | null },
  proof: LeaseProof,
  pepper: string,
): boolean {
  const shown = hashSecret(proof.lease_token, pepper);
  return row.epoch === proof.epoch && row.leaseHash !== null && isEqualDigest(row.leaseHash, shown);
}

/** Whether enough of a lease is gone that renewing it is worth a write. Times in milliseconds. */
export function isRenewalDue(leaseUntil: number, now: number, durations: Durations): boolean {
  return leaseUntil - now <= durations.leaseTtlMs - durations.leaseRenewAfterMs;
}
