import type { ServerWork } from "../domain/place.ts";
import type { JobRow } from "../storage/jobs.ts";
import type { HeldJob } from "../storage/places.ts";
import { type ServerRow, timingOf } from "../storage/servers.ts";

/** When a running job began, in milliseconds since the epoch. */
export function startedAt(job: Pick<JobRow, "startedTimestamp">, now: number): number {
  return job.startedTimestamp === null ? now : Date.parse(job.startedTimestamp);
}

/** The jobs that a server has begun: the one that it draws, and behind it those in Forge's own line. */
export function begunOf(held: readonly HeldJob[], now: number): HeldJob[] {
  const begun = held.filter((one) => one.status === "processing");
  return begun.sort((a, b) => startedAt(a, now) - startedAt(b, now));
}

/** What a server does now, by the jobs that it holds. */
export function workOf(server: ServerRow, held: readonly HeldJob[], now: number): ServerWork {
  const [current, ...following] = begunOf(held, now);
  const running = current ? { ...current, elapsedMs: now - startedAt(current, now) } : null;
  return { running, following, timing: timingOf(server) };
}
