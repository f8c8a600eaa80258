import { DURATIONS, type LeaseGrant } from "@mobilesd/contract";
import { describe, expect, it, onTestFinished } from "vitest";
import { FAST } from "../../../../test/support/box/durations.ts";
import { until } from "../../../../test/support/box/until.ts";
import {
  beatLimitMs,
  type BeatFacts,
  isBeatDue,
  type KeepLeaseDeps,
  keepLease,
} from "../../../src/job/run/keep-lease.ts";
import { createCloud } from "../../../src/cloud/client.ts";
import { createHubLink } from "../../../src/live/hub-link.ts";
import { keptLog } from "../../live/kept-log.ts";
import { type Given, HEARTBEAT, LEASE, problem, startQueueServer } from "./queue-server.ts";

const { heartbeatIntervalMs, leaseRenewAfterMs, leaseTtlMs } = DURATIONS;

describe("a heartbeat is due", () => {
  const at = (sinceMs: number, more: Partial<BeatFacts> = {}) =>
    isBeatDue({ sinceMs, isLinkUp: true, hasLinkChanged: false, ...more }, DURATIONS);

  it("with a socket only to renew the lease, twice before it would end", () => {
    expect(at(leaseRenewAfterMs - 1)).toBe(false);
    expect(at(leaseRenewAfterMs)).toBe(true);
    expect(2 * (leaseRenewAfterMs + heartbeatIntervalMs)).toBeLessThan(leaseTtlMs);
  });

  it("without one, or where it came or went, at every interval: a cancel may have been missed", () => {
    for (const more of [{ isLinkUp: false }, { hasLinkChanged: true }]) {
      expect(at(heartbeatIntervalMs - 1, more)).toBe(false);
      expect(at(heartbeatIntervalMs, more)).toBe(true);
    }
  });

  it("so early that four of them may be swallowed, and the fifth still renews the lease", () => {
    const swallowedMs = heartbeatIntervalMs + beatLimitMs(DURATIONS);
    const dueAt = leaseRenewAfterMs + heartbeatIntervalMs;
    expect(dueAt + 5 * swallowedMs).toBeLessThan(leaseTtlMs + heartbeatIntervalMs);
  });
});

/** A lease that is kept, by a socket that stands or without one. */
async function startKeeping(
  answers: () => Given | null,
  isConnected: boolean,
  more: Partial<KeepLeaseDeps> = {},
) {
  const { cloud, heard, server } = await startQueueServer(() => answers());
  const log = keptLog();
  const link = createHubLink({
    url: server.url,
    key: "mk_key",
    secret: "ms_secret",
    durations: () => FAST,
    now: () => performance.now(),
    random: () => 0.5,
    log,
  });
  onTestFinished(link.close);
  if (isConnected) {
    link.open("ses_1");
    await until("the socket stands", () => link.isUp());
  }
  const done = new AbortController();
  onTestFinished(() => done.abort());
  const defects: unknown[] = [];
  const deps = {
    cloud,
    durations: FAST,
    log,
    now: () => performance.now(),
    track: (work: Promise<void>) => void work.catch((error: unknown) => defects.push(error)),
    link,
  };
  const ended = keepLease({ ...deps, ...more }, LEASE, done.signal);
  const socket = () => {
    const last = server.sockets.at(-1);
    if (!last) throw new Error("no socket");
    return last;
  };
  return { heard, ended, done, link, socket, log, defects };
}

const answering = () => HEARTBEAT;
const cancelOf = ({ mobilesd_job_id, epoch }: Pick<LeaseGrant, "mobilesd_job_id" | "epoch">) => ({
  type: "cancel" as const,
  mobilesd_job_id,
  epoch,
});

describe("a lease that is kept with a socket", () => {
  it("is renewed at its own pace, with its proof, and no oftener", async () => {
    const { heard, ended } = await startKeeping(answering, true);
    const began = performance.now();
    await until("two renewals", () => heard.length === 2);
    expect(performance.now() - began).toBeGreaterThan(2 * FAST.leaseRenewAfterMs - 10);
    const proof = { epoch: LEASE.epoch, lease_token: LEASE.lease_token };
    expect(JSON.parse(heard[0]?.body.toString() ?? "")).toEqual(proof);
    expect(ended.aborted).toBe(false);
  });

  it("ends with a cancel of this very lease, at once and without a request", async () => {
    const { ended, socket, link, heard } = await startKeeping(answering, true);
    socket().tell(cancelOf({ ...LEASE, epoch: LEASE.epoch - 1 }));
    socket().tell(cancelOf({ ...LEASE, mobilesd_job_id: "6f6d1d3c-58a4-4f4c-9a37-6d9f3b1f7a11" }));
    socket().tell({ type: "watchers", count: 1 });
    await until("both were heard", () => link.watchers() === 1);
    expect(ended.aborted).toBe(false);
    socket().tell(cancelOf(LEASE));
    await until("it ended", () => ended.aborted);
    expect(ended.reason).toBe("cancelled");
    expect(heard).toHaveLength(0);
  });

  it("asks for a cancel that it may have missed while the socket was away", async () => {
    const { heard, socket, link } = await startKeeping(answering, true);
    const began = performance.now();
    socket().stream.destroy();
    await until("a heartbeat", () => heard.length > 0);
    expect(performance.now() - began).toBeLessThan(FAST.leaseRenewAfterMs);
    await until("the socket stands again", () => link.isUp());
  });

  it("hears nothing any more once its job is done", async () => {
    const { ended, done, socket, link } = await startKeeping(answering, true);
    done.abort();
    socket().tell(cancelOf(LEASE));
    socket().tell({ type: "watchers", count: 1 });
    await until("the cancel was heard", () => link.watchers() === 1);
    expect(ended.aborted).toBe(false);
  });
});

describe("a lease that is kept without a socket", () => {
  it("hears of a cancel by its heartbeats, and goes on with them until it is acknowledged", async () => {
    const cancelled = { ...HEARTBEAT, json: { ...(HEARTBEAT.json as object), cancel: true } };
    const { ended, heard } = await startKeeping(() => cancelled, false);
    const began = performance.now();
    await until("it ended", () => ended.aborted);
    expect(performance.now() - began).toBeLessThan(FAST.leaseRenewAfterMs);
    expect(ended.reason).toBe("cancelled");
    await until("more heartbeats", () => heard.length > 2);
  });

  it("ends when it is gone, and then asks no more", async () => {
    const { ended, heard } = await startKeeping(() => problem(409, "lease_lost"), false);
    await until("it ended", () => ended.aborted);
    expect(ended.reason).toBe("lost");
    const count = heard.length;
    await new Promise((resolve) => setTimeout(resolve, 3 * FAST.heartbeatIntervalMs));
    expect(heard).toHaveLength(count);
  });

  it("outlives a queue that is out of reach", async () => {
    let isBack = false;
    const { ended, heard } = await startKeeping(
      () => (isBack ? HEARTBEAT : problem(503, "unavailable")),
      false,
    );
    await until("some heartbeats failed", () => heard.length > 2);
    isBack = true;
    const count = heard.length;
    await until("and went on", () => heard.length > count + 1);
    expect(ended.aborted).toBe(false);
  });

  it("is not lost because a heartbeat is swallowed: the next ones follow while it still holds", async () => {
    const { ended, heard } = await startKeeping(() => null, false);
    const began = performance.now();
    await until("four went out", () => heard.length >= 4);
    expect(performance.now() - began).toBeLessThan(FAST.leaseTtlMs);
    expect(ended.aborted).toBe(false);
  });

  it("is not kept in silence by an agent whose heartbeats are broken: that is a defect, and comes out", async () => {
    const cloud = createCloud({
      url: "http://127.0.0.1:1",
      key: "no\nheader",
      secret: "ms_secret",
      sessionId: () => null,
      random: () => 0,
      onRetry: () => {},
    });
    const { defects, log } = await startKeeping(answering, false, { cloud });
    await until("it came out", () => defects.length > 0);
    expect(String(defects[0])).toContain("header");
    expect(log.lines.join()).not.toContain("did not come through");
  });
});
