import type { ServerWork } from "../domain/place.ts";
import type { JobRow } from "../storage/jobs.ts";
import type { HeldJob } from "../storage/places.ts";
import { type ServerRow, timingOf } from "../storage/servers.ts";

/** When a running job began, in milliseconds since the epoch. */
export function startedAt(job: Pick<JobRow, "startedTimestamp">, now: number): number {
  return job.startedTimestamp === null ? now : Date.parse(job.startedTimestamp);
}

/** What a server does now, by the jobs that it holds. */
export function workOf(server: ServerRow, held: readonly HeldJob[], now: number): ServerWork {
  const current = held.find((one) => one.status === "processing");
  const running = current ? { ...current, elapsedMs: now - startedAt(current, now) } : null;
  return { running, timing: timingOf(server) };
}
