import type { Durations } from "@mobilesd/contract";
import { type ForgeClient, ForgeUnreachableError } from "../../forge/client.ts";
import { type InterruptEnd, interruptOwn, type OwnRun } from "../../forge/interrupt.ts";
import { pause } from "../../pause.ts";
import type { Seat } from "../../pipeline/seat.ts";

/** Milliseconds that an interrupt may take when the agent must go. */
const HURRY_MS = 1_000;

/** Between two looks at a run that waits in Forge's lock: it is to be stopped before its first step is done. */
const WAITING_POLL_MS = 100;

/** A run of ours whose request is open. */
export interface OpenRequest {
  readonly client: ForgeClient;
  readonly durations: Durations;
  readonly run: OwnRun;
  readonly seat: Seat;
  /** Settles once the request has its answer, or will never have one. */
  readonly settled: Promise<unknown>;
}

/** One shot; what was hit in its place is told so. A Forge that is gone has nothing to stop. */
async function shootOnce({ client, run, seat }: OpenRequest): Promise<InterruptEnd> {
  try {
    const end = await interruptOwn(client, run, () => seat.next()?.run?.taskId ?? null);
    if (end === "hit_next") seat.next()?.hit();
    return end;
  } catch (error) {
    if (error instanceof ForgeUnreachableError) return "over";
    throw error;
  }
}

const shoot = (request: OpenRequest) => request.seat.shooting(shootOnce(request));

/**
 * Ends our own run in Forge. `wasAimed` settles once the first shot is through, or the run is found to wait
 * in Forge's lock, where it cannot be withdrawn: it is stopped as soon as it is active. `isOver` settles when
 * Forge is done with it, and with false where it is left to it: after `interruptLimitMs`, or in a hurry.
 */
export function stopRun(
  request: OpenRequest,
  hurry: AbortSignal,
): { readonly wasAimed: Promise<void>; readonly isOver: Promise<boolean> } {
  const { interruptLimitMs, forgePollMs } = request.durations;
  request.seat.stopAsked();
  const answered = new AbortController();
  void request.settled.then(() => answered.abort());
  let aimed = () => {};
  const wasAimed = new Promise<void>((resolve) => {
    aimed = resolve;
  });
  const run = async (): Promise<boolean> => {
    if (hurry.aborted) {
      await Promise.race([shoot(request), pause(HURRY_MS)]);
      return answered.signal.aborted;
    }
    const enough = AbortSignal.any([answered.signal, hurry]);
    while (!enough.aborted) {
      const end = await shoot(request);
      aimed();
      if (end === "not_running") {
        await pause(Math.min(forgePollMs, WAITING_POLL_MS), enough);
        continue;
      }
      await pause(interruptLimitMs, enough);
      break;
    }
    return answered.signal.aborted;
  };
  const isOver = run().finally(aimed);
  return { wasAimed, isOver };
}
