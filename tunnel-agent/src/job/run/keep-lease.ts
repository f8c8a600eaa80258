import { type Durations, type LeaseGrant, ProblemError } from "@mobilesd/contract";
import { type Cloud, isPassing } from "../../cloud/client.ts";
import type { Log } from "../../log.ts";
import { pause } from "../../pause.ts";

/** Why a run must stop although nobody stopped the agent. */
export type LeaseEnd = "cancelled" | "lost";

/** The proof of a lease, as every write of its holder carries it. */
export function proofOf(lease: LeaseGrant): { epoch: number; lease_token: string } {
  return { epoch: lease.epoch, lease_token: lease.lease_token };
}

/**
 * Keeps a lease alive by heartbeats until `done`, and listens to their answers. The signal it gives back
 * fires once, with a `LeaseEnd` as its reason. A queue out of reach ends nothing: the job is pinned to
 * this box, so its result stays wanted.
 */
export function keepLease(
  cloud: Cloud,
  lease: LeaseGrant,
  durations: Durations,
  log: Log,
  done: AbortSignal,
): AbortSignal {
  const ended = new AbortController();
  const fields = { job_id: lease.mobilesd_job_id, epoch: lease.epoch };
  const beat = async () => {
    const params = { id: lease.mobilesd_job_id };
    try {
      const answer = await cloud.once("heartbeat", { params, body: proofOf(lease) });
      if (answer.cancel && !ended.signal.aborted) {
        log.info(fields, "The job was cancelled; stopping it");
        ended.abort("cancelled" satisfies LeaseEnd);
      }
    } catch (error) {
      if (!(error instanceof ProblemError) || isPassing(error)) {
        log.debug({ ...fields, error: String(error) }, "A heartbeat did not come through");
        return;
      }
      if (done.aborted || ended.signal.aborted) return;
      log.warn({ ...fields, code: error.problem.code }, "The lease is gone; stopping the job");
      ended.abort("lost" satisfies LeaseEnd);
    }
  };
  const run = async () => {
    while (!done.aborted && ended.signal.reason !== "lost") {
      await pause(durations.heartbeatIntervalMs, done);
      if (!done.aborted) await beat();
    }
  };
  void run();
  return ended.signal;
}
