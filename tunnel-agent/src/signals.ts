import { DURATIONS } from "@mobilesd/contract";
import type { Log } from "./log.ts";
import type { Stop } from "./stop.ts";

/**
 * Binds the ways in which the world ends an agent: the first signal lets the running job end, a second
 * one gives it back, and a starter that is gone, however it went, means at once.
 */
export function listenForStops(stop: Stop, log: Log): void {
  const onSignal = () => {
    if (stop.drain.aborted) {
      log.warn({}, "Stopping now: the running job goes back to the queue");
      stop.stopNow();
      return;
    }
    log.info({}, "Stopping: the running job may end first; once more to stop at once");
    stop.stopGracefully(DURATIONS.drainLimitMs);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  if (process.channel) process.on("disconnect", stop.stopNow);
}
