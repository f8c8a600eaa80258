import * as z from "zod";
import { LIMITS } from "./limits.ts";

/**
 * Whether a server takes jobs. `paused`: none begins; what its agent holds and has not begun goes back to the
 * line. `draining`: none is taken any more, what its agent holds is run to its end. `resume` ends either.
 */
export const ServerMode = z.enum(["active", "paused", "draining"]);
export type ServerMode = z.infer<typeof ServerMode>;

/** A GPU box as its users see it. */
export const ServerView = z.object({
  alias: z.string(),
  forge: z.object({ flavour: z.string(), version: z.string().nullable() }).nullable(),
  agent_version: z.string().nullable(),
  /** When its agent last said hello; null before the first time. */
  session_started_at: z.string().nullable(),
  /** Whether its agent is connected, came lately, or runs a job. */
  is_present: z.boolean(),
  /** When its agent last came, to within some minutes; null before the first time. */
  last_seen_at: z.string().nullable(),
  /** Whether its agent hears of work at once; it polls otherwise. */
  is_connected: z.boolean(),
  mode: ServerMode,
  gpu: z.object({ name: z.string().nullable(), vram_bytes: z.number().nullable() }).nullable(),
  /** Null where the agent has not told lately. */
  free_vram_bytes: z.number().nullable(),
  loaded_checkpoint: z.string().max(LIMITS.forgeNameCharsMax).nullable(),
  /** How its Forge is, by its agent: `ready`, `busy`, `working`, `starting`, `absent`, `unusable`; null where unknown. */
  forge_state: z.string().nullable(),
  /** What it runs now. The id is null where the job is another owner's. */
  current_job: z
    .object({
      mobilesd_job_id: z.string().nullable(),
      progress: z.int().min(0).max(99),
      estimated_completion_time: z.string().nullable(),
    })
    .nullable(),
  /** Jobs that its agent holds, begun or not; at 0 a draining box can be switched off. */
  held_jobs: z.int(),
  has_catalogue: z.boolean(),
  /** Jobs that wait for their turn here, whoever owns them; those that wait for something else apart. */
  queue_length: z.int(),
  /** Present and true where `queue_length` and the time below are lower bounds. */
  queue_length_is_minimum: z.literal(true).optional(),
  /** When a job queued now, behind all others, should start; as if an absent server came back now. */
  estimated_start_time: z.string(),
});
export type ServerView = z.infer<typeof ServerView>;

/** What a server was told, and what is still in its agent's hands. */
export const ServerChange = z.object({
  alias: z.string(),
  mode: ServerMode,
  /** Jobs that its agent holds and runs to their end; at 0 a draining box can be switched off. */
  held_jobs: z.int(),
  /** Whether its agent heard of it at once; else it does with its next request. */
  is_heard: z.boolean(),
});
export type ServerChange = z.infer<typeof ServerChange>;

export const ServerList = z.object({ servers: z.array(ServerView) });
export type ServerList = z.infer<typeof ServerList>;
