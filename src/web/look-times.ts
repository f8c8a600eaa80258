import type { QueueState } from "./store.ts";

/** Milliseconds without a connection that are not worth more than a word. */
export const SHORT_LOSS_MS = 10_000;

/** Milliseconds between two looks without a socket: while something moves, and while all is still. */
const LOOK_MOVING_MS = 2_000;
const LOOK_STILL_MS = 5_000;
/** And without answers: soon at first, then calmly. */
const LOOK_LOST_AT_FIRST_MS = 1_000;
const LOOK_LOST_MS = 4_000;
/** Beside sockets, which tell what happens: in case a word got lost, and for links that run out. */
const LOOK_LIVE_MOVING_MS = 60_000;
const LOOK_LIVE_STILL_MS = 300_000;
/** Other people's jobs are told to nobody else, and still move one's own place. */
const LOOK_LIVE_BEHIND_OTHERS_MS = 10_000;

/** Whether a job waits behind some that this page does not see. */
function isBehindOthers({ moving }: QueueState): boolean {
  const waiting = moving.filter((job) => job.status === "pending");
  return waiting.some((job) => {
    const before = waiting.filter(
      (one) =>
        one.target_server_alias === job.target_server_alias &&
        (one.queue_position ?? 0) < (job.queue_position ?? 0),
    );
    return (job.queue_position ?? 0) > before.length + 1;
  });
}

/** How long to wait before the next look, in milliseconds. `isLive`: every server's socket stands. */
export function nextLookMs(state: QueueState, isLive: boolean, now: number): number {
  if (state.lostAt !== null) {
    return now - state.lostAt < SHORT_LOSS_MS ? LOOK_LOST_AT_FIRST_MS : LOOK_LOST_MS;
  }
  if (!isLive) return state.moving.length > 0 ? LOOK_MOVING_MS : LOOK_STILL_MS;
  if (isBehindOthers(state)) return LOOK_LIVE_BEHIND_OTHERS_MS;
  return state.moving.length > 0 ? LOOK_LIVE_MOVING_MS : LOOK_LIVE_STILL_MS;
}
