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
}

const Progress = z.object({
  state: z.object({
    interrupted: z.boolean(),
    skipped: z.boolean(),
    job: z.string(),
    job_count: z.number(),
    job_no: z.number(),
    sampling_step: z.number(),
    sampling_steps: z.number(),
  }),
});

/** Forge's state, or null when this Forge does not answer the question (yet). Throws when it is out of reach. */
export async function readState(forge: ForgeClient): Promise<ForgeState | null> {
  const answer = await forge.get("/sdapi/v1/progress?skip_current_image=true");
  const parsed = Progress.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return null;
  const { interrupted, skipped, job, job_count, job_no, sampling_step, sampling_steps } =
    parsed.data.state;
  return {
    isRunning: job !== "" || job_count !== 0,
    isLoadingModel: job_count < 0,
    isInterrupted: interrupted,
    isSkipped: skipped,
    mark: [job, job_count, job_no, sampling_step, sampling_steps].join("/"),
  };
}

/** Where one task stands. `unknown`: Forge has no such route (`--nowebui`). */
export type TaskState = "queued" | "active" | "completed" | "gone" | "unknown";

const Task = z.object({ active: z.boolean(), queued: z.boolean(), completed: z.boolean() });

/** Asks Forge for one task by its id. `completed` outlives the task, so the other two come first (1.9). */
export async function readTask(forge: ForgeClient, taskId: string): Promise<TaskState> {
  const question = { id_task: taskId, id_live_preview: -1, live_preview: false };
  const answer = await forge.post("/internal/progress", question);
  const parsed = Task.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return "unknown";
  if (parsed.data.active) return "active";
  if (parsed.data.queued) return "queued";
  return parsed.data.completed ? "completed" : "gone";
}
