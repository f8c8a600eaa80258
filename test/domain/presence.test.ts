import { DURATIONS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { isSeen, isSightingDue, lastSignOf, shownReason } from "../../src/domain/presence.ts";

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
  expect(isSeen({ lastSeenAt, leaseUntil, leftAt: null }, NOW, DURATIONS)).toBe(expected);
});

it.each([
  ["left after it was seen", { lastSeenAt: NOW - 9, leaseUntil: null, leftAt: NOW - 8 }, false],
  [
    "left the moment it was seen",
    { lastSeenAt: NOW - 9, leaseUntil: null, leftAt: NOW - 9 },
    false,
  ],
  ["came back since", { lastSeenAt: NOW - 7, leaseUntil: null, leftAt: NOW - 8 }, true],
  [
    "left with a lease in its hand",
    { lastSeenAt: NOW - 9, leaseUntil: NOW - 9 + leaseTtlMs, leftAt: NOW - 8 },
    false,
  ],
  [
    "renewed a lease since",
    { lastSeenAt: NOW - 9, leaseUntil: NOW - 7 + leaseTtlMs, leftAt: NOW - 8 },
    true,
  ],
])("believes the newest sign of a server that %s", (_, server, expected) => {
  expect(isSeen(server, NOW, DURATIONS)).toBe(expected);
});

it("notes a sighting again only after a while, and at once of a server that had left", () => {
  const isDue = (lastSeenAt: number | null, leftAt: number | null = null) =>
    isSightingDue({ lastSeenAt, leftAt }, NOW, DURATIONS);
  expect(isDue(null)).toBe(true);
  expect(isDue(NOW - serverSeenResolutionMs + 1)).toBe(false);
  expect(isDue(NOW - serverSeenResolutionMs)).toBe(true);
  expect(isDue(NOW - 9, NOW - 9)).toBe(true);
  expect(isDue(NOW - 7, NOW - 8)).toBe(false);
});

it.each([
  ["was never there", {}, null],
  ["was seen", { lastSeenAt: NOW - 5 }, NOW - 5],
  ["was seen after its last lease", { lastSeenAt: NOW - 5, leaseUntil: NOW - 6 }, NOW - 5],
  [
    "renewed a lease after it was seen",
    { lastSeenAt: NOW - leaseTtlMs - 5, leaseUntil: NOW - 1 },
    NOW - leaseTtlMs - 1,
  ],
  ["held a lease and was never seen", { leaseUntil: NOW - 1 }, NOW - leaseTtlMs - 1],
  ["lost its socket long after it was seen", { lastSeenAt: 5, leftAt: NOW - 7 }, NOW - 7],
])("knows since when a server is away that %s", (_, signs, expected) => {
  const server = { lastSeenAt: null, leftAt: null, leaseUntil: null, ...signs };
  expect(lastSignOf(server, DURATIONS)).toBe(expected);
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
    ["that runs", { status: "processing", statusReason: "running" }, "agent_offline"],
    ["that is being stopped", { status: "processing", statusReason: "cancelling" }, "cancelling"],
    ["that is over", { status: "completed", statusReason: "done" }, "done"],
  ])(
    "%s tells of an absent server only where the server is what it lacks",
    (_, changes, expected) => {
      const job = { ...waiting, ...changes };
      expect(shownReason(job, { isPresent: false, isActive: true })).toBe(expected);
      expect(shownReason(job, { isPresent: true, isActive: true })).toBe(job.statusReason);
    },
  );

  it("that waits for a server which takes none is that, whether the server is there or not", () => {
    for (const isPresent of [true, false]) {
      expect(shownReason(waiting, { isPresent, isActive: false })).toBe("paused");
      const held = { ...waiting, holdReason: "retrying", statusReason: "retrying" };
      expect(shownReason(held, { isPresent, isActive: false })).toBe("retrying");
    }
  });
});
