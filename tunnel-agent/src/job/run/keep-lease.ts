import { type Durations, type LeaseGrant, ProblemError } from "@mobilesd/contract";
import { isPassing } from "../../cloud/client.ts";
import type { HubLink } from "../../live/hub-link.ts";
import { pause } from "../../pause.ts";
import type { RunDeps } from "./run-deps.ts";

/** Why a run must stop although nobody stopped the agent. */
export type LeaseEnd = "cancelled" | "lost";

/** The proof of a lease, as every write of its holder carries it. */
export function proofOf(lease: LeaseGrant): { epoch: number; lease_token: string } {
  return { epoch: lease.epoch, lease_token: lease.lease_token };
}

/** What is known when a heartbeat may be due. */
export interface BeatFacts {
  /** Milliseconds since the last heartbeat that was answered was sent, or since the lease began. */
  readonly sinceMs: number;
  /** Whether the agent's socket stands, so that a cancel comes by itself. */
  readonly isLinkUp: boolean;
  /** Whether it came up or was lost since then: a cancel may have been missed. */
  readonly hasLinkChanged: boolean;
}

/** Whether it is time for a heartbeat: with a socket only to renew the lease, without one to hear of a cancel. Pure. */
export function isBeatDue(
  { sinceMs, isLinkUp, hasLinkChanged }: BeatFacts,
  { heartbeatIntervalMs, leaseRenewAfterMs }: Durations,
): boolean {
  const isRare = isLinkUp && !hasLinkChanged;
  return sinceMs >= (isRare ? leaseRenewAfterMs : heartbeatIntervalMs);
}

/** Of the time in which a lease is to be renewed, for one heartbeat: four may get lost, and a fifth is in time. */
const BEAT_SHARE = 1 / 8;

/** Milliseconds for the answer to one heartbeat. Pure. */
export function beatLimitMs({ leaseTtlMs, leaseRenewAfterMs }: Durations): number {
  return Math.round((leaseTtlMs - leaseRenewAfterMs) * BEAT_SHARE);
}

/** Ends a run from outside, at most once. */
interface Ending {
  cancel(): void;
  lose(code: string): void;
}

export type KeepLeaseDeps = Pick<RunDeps, "cloud" | "durations" | "log" | "now" | "track"> & {
  readonly link: Pick<HubLink, "isUp" | "changes" | "onCancel">;
};

/** One heartbeat; answers whether the queue was reached. Throws what is a defect of our own. */
async function beat(deps: KeepLeaseDeps, lease: LeaseGrant, end: Ending): Promise<boolean> {
  const { cloud, durations, log } = deps;
  const params = { id: lease.mobilesd_job_id };
  try {
    const input = { params, body: proofOf(lease) };
    const answer = await cloud.once("heartbeat", input, beatLimitMs(durations));
    if (answer.cancel) end.cancel();
  } catch (error) {
    if (isPassing(error)) {
      const fields = { job_id: params.id, error: String(error) };
      log.debug(fields, "A heartbeat did not come through");
      return false;
    }
    if (!(error instanceof ProblemError)) throw error;
    end.lose(error.problem.code);
  }
  return true;
}

/** What ends the signal of a lease: the first that is told, unless its job is done. */
function endingOf(
  { log }: KeepLeaseDeps,
  lease: LeaseGrant,
  ended: AbortController,
  done: AbortSignal,
): Ending {
  const fields = { job_id: lease.mobilesd_job_id, epoch: lease.epoch };
  const isOver = () => done.aborted || ended.signal.aborted;
  return {
    cancel() {
      if (isOver()) return;
      log.info(fields, "The job was cancelled; stopping it");
      ended.abort("cancelled" satisfies LeaseEnd);
    },
    lose(code) {
      if (isOver()) return;
      log.warn({ ...fields, code }, "The lease is gone; stopping the job");
      ended.abort("lost" satisfies LeaseEnd);
    },
  };
}

/**
 * Keeps a lease alive by heartbeats until `done`, and listens to their answers and to the socket. The signal it
 * gives back fires once, with a `LeaseEnd` as its reason. A queue out of reach ends nothing: the job is pinned
 * to this box, so its result stays wanted.
 */
export function keepLease(deps: KeepLeaseDeps, lease: LeaseGrant, done: AbortSignal): AbortSignal {
  const { durations, link, now } = deps;
  const ended = new AbortController();
  const end = endingOf(deps, lease, ended, done);
  const run = async () => {
    let renewedAt = now();
    let changesSeen = link.changes();
    while (!done.aborted && ended.signal.reason !== "lost") {
      await pause(durations.heartbeatIntervalMs, done);
      const changes = link.changes();
      const askedAt = now();
      const facts = {
        sinceMs: askedAt - renewedAt,
        isLinkUp: link.isUp(),
        hasLinkChanged: changes !== changesSeen,
      };
      if (done.aborted || !isBeatDue(facts, durations)) continue;
      if (!(await beat(deps, lease, end))) continue;
      renewedAt = askedAt;
      changesSeen = changes;
    }
  };
  const stopHearing = link.onCancel((jobId, epoch) => {
    if (jobId === lease.mobilesd_job_id && epoch === lease.epoch) end.cancel();
  });
  deps.track(run().finally(stopHearing));
  return ended.signal;
}
