import { type Durations, type LeaseGrant, ProblemError } from "@mobilesd/contract";
import { type Cloud, isPassing } from "../../cloud/client.ts";
import type { HubLink } from "../../live/hub-link.ts";
import type { Log } from "../../log.ts";
import { pause } from "../../pause.ts";

/** Why a run must stop although nobody stopped the agent. */
export type LeaseEnd = "cancelled" | "lost";

/** The proof of a lease, as every write of its holder carries it. */
export function proofOf(lease: LeaseGrant): { epoch: number; lease_token: string } {
  return { epoch: lease.epoch, lease_token: lease.lease_token };
}

/** What is known when a heartbeat may be due. */
export interface BeatFacts {
  /** Milliseconds since the last heartbeat that was answered, or since the lease began. */
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

/** Ends a run from outside, at most once. */
interface Ending {
  cancel(): void;
  lose(code: string): void;
}

/** One heartbeat; answers whether the queue was reached. */
async function beat(cloud: Cloud, lease: LeaseGrant, log: Log, end: Ending): Promise<boolean> {
  const params = { id: lease.mobilesd_job_id };
  try {
    const answer = await cloud.once("heartbeat", { params, body: proofOf(lease) });
    if (answer.cancel) end.cancel();
  } catch (error) {
    if (!(error instanceof ProblemError) || isPassing(error)) {
      const fields = { job_id: params.id, error: String(error) };
      log.debug(fields, "A heartbeat did not come through");
      return false;
    }
    end.lose(error.problem.code);
  }
  return true;
}

type Link = Pick<HubLink, "isUp" | "changes" | "onCancel">;

/**
 * Keeps a lease alive by heartbeats until `done`, and listens to their answers and to the socket. The signal it
 * gives back fires once, with a `LeaseEnd` as its reason. A queue out of reach ends nothing: the job is pinned
 * to this box, so its result stays wanted.
 */
export function keepLease(
  cloud: Cloud,
  lease: LeaseGrant,
  durations: Durations,
  log: Log,
  done: AbortSignal,
  link: Link,
): AbortSignal {
  const ended = new AbortController();
  const fields = { job_id: lease.mobilesd_job_id, epoch: lease.epoch };
  const isOver = () => done.aborted || ended.signal.aborted;
  const end: Ending = {
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
  const run = async () => {
    let sinceMs = 0;
    let changesSeen = link.changes();
    while (!done.aborted && ended.signal.reason !== "lost") {
      await pause(durations.heartbeatIntervalMs, done);
      sinceMs += durations.heartbeatIntervalMs;
      const changes = link.changes();
      const facts = { sinceMs, isLinkUp: link.isUp(), hasLinkChanged: changes !== changesSeen };
      if (done.aborted || !isBeatDue(facts, durations)) continue;
      if (!(await beat(cloud, lease, log, end))) continue;
      sinceMs = 0;
      changesSeen = changes;
    }
  };
  const stopHearing = link.onCancel((jobId, epoch) => {
    if (jobId === lease.mobilesd_job_id && epoch === lease.epoch) end.cancel();
  });
  void run().finally(stopHearing);
  return ended.signal;
}
