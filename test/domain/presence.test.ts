import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { isPresent, isSightingDue, shownReason } from "../../src/domain/presence.ts";

const NOW = 1_000_000_000_000;
const { serverAbsentAfterMs, serverSeenResolutionMs, claimPollIdleMs, leaseTtlMs } = DURATIONS;

it("never takes an agent for absent that asks for work as it should", () => {
  const longestUnseenMs = serverSeenResolutionMs + claimPollIdleMs + leaseTtlMs;
  expect(serverAbsentAfterMs).toBeGreaterThan(longestUnseenMs);
});

it.each([
  ["never seen", null, null, false],
  ["seen just now", NOW, null, true],
  ["seen at the last moment that counts", NOW - serverAbsentAfterMs + 1, null, true],
  ["not seen for too long", NOW - serverAbsentAfterMs, null, false],
  ["not seen for too long, but holding a lease", NOW - serverAbsentAfterMs, NOW + 1, true],
  ["not seen for too long, with a lease that is over", NOW - serverAbsentAfterMs, NOW, false],
])("takes a server %s for what it is", (_, lastSeenAt, leaseUntil, expected) => {
  expect(isPresent({ lastSeenAt, leaseUntil }, NOW, DURATIONS)).toBe(expected);
});

it("notes a sighting again only after a while", () => {
  expect(isSightingDue(null, NOW, DURATIONS)).toBe(true);
  expect(isSightingDue(NOW - serverSeenResolutionMs + 1, NOW, DURATIONS)).toBe(false);
  expect(isSightingDue(NOW - serverSeenResolutionMs, NOW, DURATIONS)).toBe(true);
});

describe("the reason that is shown of a job", () => {
  const waiting = {
    status: "pending",
    statusReason: "queued",
    holdReason: null,
    leaseHash: null,
  } as const;

  it.each([
    ["that waits for nothing but its server", {}, "waiting_for_server"],
    ["that is held", { holdReason: "not_before", statusReason: "not_before" }, "not_before"],
    ["that is taken", { leaseHash: "hash", statusReason: "assigned" }, "assigned"],
    ["that runs", { status: "processing", statusReason: "running" }, "running"],
    ["that is over", { status: "completed", statusReason: "done" }, "done"],
  ])("%s tells of an absent server only where it is what is waited for", (_, changes, expected) => {
    const job = { ...waiting, ...changes };
    expect(shownReason(job, false)).toBe(expected);
    expect(shownReason(job, true)).toBe(job.statusReason);
  });
});
