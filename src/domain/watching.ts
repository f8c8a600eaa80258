/** Who hears what of a server, and in which words. */
import type { JobEvent, JobImage, LiveEvent } from "@mobilesd/contract";
import type { NewEvent } from "./event-log.ts";
import type { JobNews, LiveRun } from "./hub.ts";
import { findRun } from "./runs.ts";

/** Whether somebody who may see `scope`'s jobs (null: all) hears of what belongs to `ownerId` (null: everybody). */
export function mayHear(scope: string | null, ownerId: string | null): boolean {
  return scope === null || ownerId === null || scope === ownerId;
}

/** A change of a row as an event: with how far the job is and the last number that its agent told. */
export function jobEventOf(
  { epoch, event }: JobNews,
  runs: readonly LiveRun[],
): NewEvent<JobEvent> {
  const run = findRun(runs, event.mobilesd_job_id, epoch);
  const isRunning = event.status === "processing";
  // A hub that was just rebuilt knows less than the Worker that tells.
  const known = isRunning ? Math.max(run?.progress ?? 0, event.job?.progress ?? 0) : 0;
  const progress = event.status === "completed" ? 100 : known;
  const job = event.job && { ...event.job, progress };
  return { ...event, job, progress, sequence: [epoch, run?.n ?? 0] };
}

/** An event for those who reach the queue at `origin`: pictures in it have whole addresses. */
export function addressedTo(origin: string, event: LiveEvent): LiveEvent {
  if (event.type !== "job" || event.job === null || event.job.images.length === 0) return event;
  const whole = (url: string) => (url.startsWith("/") ? origin + url : url);
  const images = event.job.images.map(
    (image): JobImage => ({
      ...image,
      preview_url: image.preview_url && whole(image.preview_url),
      download_url: whole(image.download_url),
    }),
  );
  return { ...event, job: { ...event.job, images } };
}

/** What tells that somebody at the other end of a socket lives. Times in milliseconds since the epoch. */
export interface SignsOfLife {
  readonly openedAt: number;
  /** When it last sent something. */
  readonly heardAt: number | null;
  /** When the platform last answered one of its pings. */
  readonly pingedAt: number | null;
}

/** When the other end of a socket last showed life. */
export function lastLifeOf({ openedAt, heardAt, pingedAt }: SignsOfLife): number {
  return Math.max(openedAt, heardAt ?? 0, pingedAt ?? 0);
}

/** Whether a socket that still stands showed life within `silentAfterMs`: the other end may be gone unseen. */
export function isAlive(signs: SignsOfLife, now: number, silentAfterMs: number): boolean {
  return now - lastLifeOf(signs) < silentAfterMs;
}
