import type { LeaseGrant } from "@mobilesd/contract";
import type { RunDeps } from "../job/run/run-deps.ts";
import type { RunEnd } from "../job/run/run-end.ts";
import { runJob } from "../job/run/run-job.ts";
import type { Log } from "../log.ts";
import type { Stop } from "../stop.ts";
import { factsOf } from "./job-facts.ts";

const SENTENCES: Record<RunEnd["type"], string> = {
  completed: "Completed",
  cancelled: "Cancelled",
  released: "Given back to the queue",
  lost: "The lease was lost; what Forge made is dropped",
  failed: "The run failed",
  missing_name: "Not run: a name is missing on this box",
};

function tellEnd(log: Log, lease: LeaseGrant, end: RunEnd): void {
  const fields = { job_id: lease.mobilesd_job_id, epoch: lease.epoch };
  if ("failure" in end) {
    const { reason, message } = end.failure;
    log.warn({ ...fields, reason, error: message }, SENTENCES[end.type]);
  } else {
    const why = end.type === "released" ? { reason: end.reason } : {};
    log.info({ ...fields, ...why }, SENTENCES[end.type]);
  }
}

/** Everything that goes on beside the loop that takes jobs. */
export interface Runs {
  /** Runs a job that was claimed. */
  begin(deps: RunDeps, lease: LeaseGrant): void;
  /** Takes in what goes on after its job is over. */
  track(work: Promise<void>): void;
  /** Throws the first error of our own that a run died of. */
  check(): void;
  /** Ends all that goes on, as this agent may not go on: its session or its key counts no more. */
  abandon(): void;
  /** Waits until nothing goes on any more. Throws as `check` does. */
  settle(): Promise<void>;
}

/** `onEnd` hears of each run that ended, `onDeath` that `check` would throw. */
export function createRuns(
  agentStop: Stop,
  onEnd: (lease: LeaseGrant, end: RunEnd) => void,
  onDeath: () => void,
): Runs {
  const gone = new AbortController();
  const open = new Set<Promise<void>>();
  let death: { readonly error: unknown } | null = null;

  const track = (work: Promise<void>) => {
    const watched = work
      .catch((error: unknown) => {
        death ??= { error };
        onDeath();
      })
      .finally(() => open.delete(watched));
    open.add(watched);
  };
  const check = () => {
    if (death !== null) throw death.error;
  };
  const run = async (deps: RunDeps, lease: LeaseGrant) => {
    const fields = { job_id: lease.mobilesd_job_id, epoch: lease.epoch };
    deps.log.info(fields, "Took a job");
    const seat = deps.line.join(factsOf(lease));
    const end = await runJob(deps, lease, seat, { agentStop, gone: gone.signal });
    tellEnd(deps.log, lease, end);
    onEnd(lease, end);
  };
  return {
    begin: (deps, lease) => track(run(deps, lease)),
    track,
    check,
    abandon: () => gone.abort(),
    async settle() {
      while (open.size > 0 && death === null) await Promise.race(open);
      check();
    },
  };
}
