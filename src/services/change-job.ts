import { type JobChange, type JobStep, type Refusal, transition } from "../domain/job-machine.ts";
import type { Result } from "../domain/result.ts";
import { type JobRow, toJobState } from "../storage/jobs.ts";
import { AppError } from "./app-error.ts";
import type { Context } from "./context.ts";

/** What a step does to a job now, or why it may not. */
export function decide(ctx: Context, job: JobRow, step: JobStep): Result<JobChange, Refusal> {
  const { durations } = ctx.settings;
  return transition(toJobState(job), step, { now: ctx.clock(), random: ctx.random(), durations });
}

/** How often something is tried anew when the row moved under it; it can only move so often. */
const TRIES_MAX = 5;

/**
 * Repeats what answers undefined because the row moved: it looks at the row anew, and is refused or done.
 * Throws `unavailable` when the row never stands still.
 */
export async function untilUnmoved<T>(once: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const done = await once();
    if (done !== undefined) return done;
  }
  throw new AppError("unavailable");
}
