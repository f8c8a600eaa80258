import { type BegunJob, type GpuLine, gpuLineOf } from "../domain/gpu-line.ts";
import type { HubLook } from "../domain/hub.ts";
import type { ServerWork } from "../domain/place.ts";
import type { JobRow } from "../storage/jobs.ts";
import type { HeldJob } from "../storage/places.ts";
import { type ServerRow, timingOf } from "../storage/servers.ts";
import { runOf } from "./server-sight.ts";

/** When a running job began, in milliseconds since the epoch. */
export function startedAt(job: Pick<JobRow, "startedTimestamp">, now: number): number {
  return job.startedTimestamp === null ? now : Date.parse(job.startedTimestamp);
}

/** What a server's GPU does, by the jobs that it has begun and what its hub knows of them; null: nothing. */
export function lineOf(
  server: ServerRow,
  held: readonly HeldJob[],
  look: HubLook,
  now: number,
): GpuLine<HeldJob & BegunJob> | null {
  const begun = held
    .filter((one) => one.status === "processing")
    .map((job) => ({ ...job, startedAt: startedAt(job, now), told: runOf(look, job) ?? null }));
  return gpuLineOf(begun, timingOf(server), now);
}

/** What a server does now, as far as those behind it need to know. */
export function workOf(
  server: ServerRow,
  held: readonly HeldJob[],
  look: HubLook,
  now: number,
): ServerWork {
  const line = lineOf(server, held, look, now);
  const running = line && { checkpointName: line.current.checkpointName, restMs: line.restMs };
  return { running, following: line?.following ?? [], timing: timingOf(server) };
}
