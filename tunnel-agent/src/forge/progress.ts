import * as z from "zod";
import type { ForgeClient } from "./client.ts";

/** Where Forge's one running generation stands; it does not say whose it is (forge-reference 1.8). */
export interface ForgeState {
  readonly isRunning: boolean;
  readonly isLoadingModel: boolean;
  /** Stays true in an idle Forge, until the next generation begins. */
  readonly isInterrupted: boolean;
  /** The batch under way was cut short; stays true likewise, but not from one batch to the next. */
  readonly isSkipped: boolean;
  /** Changes whenever the generation moves. */
  readonly mark: string;
  /** When the generation began, to the second; an idle Forge still tells that of the last one. */
  readonly beganAt: string;
  /** How much of it is drawn, from 0 to 1. */
  readonly share: number;
}

const Progress = z.object({
  progress: z.number(),
  state: z.object({
    interrupted: z.boolean(),
    skipped: z.boolean(),
    job: z.string(),
    job_count: z.number(),
    job_no: z.number(),
    job_timestamp: z.string(),
    sampling_step: z.number(),
    sampling_steps: z.number(),
  }),
});

/** What Forge's own progress begins with before anything is drawn (1.8). */
const PROGRESS_FLOOR = 0.01;

const asShare = (progress: number) => Math.min(1, Math.max(0, progress));

/**
 * Forge's state, or null when this Forge does not answer the question (yet). Each such question may make it
 * decode a preview (1.8), so it is asked only where `lookAtTask` does not tell enough. Throws when Forge is
 * out of reach.
 */
export async function readState(forge: ForgeClient): Promise<ForgeState | null> {
  const answer = await forge.get("/sdapi/v1/progress?skip_current_image=true");
  const parsed = Progress.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return null;
  const { progress, state } = parsed.data;
  const { interrupted, skipped, job, job_count, job_no, sampling_step, sampling_steps } = state;
  return {
    isRunning: job !== "" || job_count !== 0,
    isLoadingModel: job_count < 0,
    isInterrupted: interrupted,
    isSkipped: skipped,
    mark: [job, job_count, job_no, sampling_step, sampling_steps].join("/"),
    beganAt: state.job_timestamp,
    share: asShare(progress - PROGRESS_FLOOR),
  };
}

/** Where one task stands. `unknown`: Forge has no such route (`--nowebui`). */
export type TaskState = "queued" | "active" | "completed" | "gone" | "unknown";

/** A picture as it grows. */
export interface TaskPreview {
  /** Handed back it keeps Forge from sending the same one again. */
  readonly id: number;
  /** A data URI. */
  readonly dataUri: string;
}

/** What Forge tells of one task. */
export interface TaskLook {
  readonly state: TaskState;
  /** How much of it is drawn, from 0 to 1; null where it does not run. */
  readonly share: number | null;
  /** Null where none was asked for, or there is no new one. */
  readonly preview: TaskPreview | null;
}

/** Which preview is wanted with a look: any but that of `lastId`. */
export interface PreviewWish {
  readonly lastId: number;
}

/** What stands for "none yet" in Forge's own page. */
export const NO_PREVIEW: PreviewWish = { lastId: -1 };

const Task = z.object({
  active: z.boolean(),
  queued: z.boolean(),
  completed: z.boolean(),
  progress: z.number().nullish(),
  live_preview: z.string().nullish(),
  id_live_preview: z.number().nullish(),
});
type Task = z.infer<typeof Task>;

/** `completed` outlives the task, so the other two come first (1.9). */
function stateOf({ active, queued, completed }: Task): TaskState {
  if (active) return "active";
  if (queued) return "queued";
  return completed ? "completed" : "gone";
}

/**
 * Asks Forge for one task by its id, and for its preview where one is wanted; without that wish Forge decodes
 * nothing. Throws when Forge is out of reach.
 */
export async function lookAtTask(
  forge: ForgeClient,
  taskId: string,
  wish: PreviewWish | null,
): Promise<TaskLook> {
  const answer = await forge.post("/internal/progress", {
    id_task: taskId,
    id_live_preview: (wish ?? NO_PREVIEW).lastId,
    live_preview: wish !== null,
  });
  const parsed = Task.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) {
    return { state: "unknown", share: null, preview: null };
  }
  const { progress, live_preview: dataUri, id_live_preview: id } = parsed.data;
  return {
    state: stateOf(parsed.data),
    share: typeof progress === "number" ? asShare(progress) : null,
    preview: dataUri && typeof id === "number" ? { id, dataUri } : null,
  };
}

/** Where one task stands, and no more. Throws when Forge is out of reach. */
export async function readTask(forge: ForgeClient, taskId: string): Promise<TaskState> {
  return (await lookAtTask(forge, taskId, null)).state;
}
