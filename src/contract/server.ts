import * as z from "zod";

/** A GPU box as its users see it. */
export const ServerView = z.object({
  alias: z.string(),
  forge: z.object({ flavour: z.string(), version: z.string().nullable() }).nullable(),
  agent_version: z.string().nullable(),
  /** When its agent last said hello; null before the first time. */
  session_started_at: z.string().nullable(),
  /** Whether its agent came lately, or runs a job. */
  is_present: z.boolean(),
  /** When its agent last came, to within some minutes; null before the first time. */
  last_seen_at: z.string().nullable(),
  has_catalogue: z.boolean(),
  /** Jobs that wait for their turn here, whoever owns them; those that wait for something else apart. */
  queue_length: z.int(),
  /** Present and true where `queue_length` and the time below are lower bounds. */
  queue_length_is_minimum: z.literal(true).optional(),
  /** When a job queued now, behind all others, should start; as if an absent server came back now. */
  estimated_start_time: z.string(),
});
export type ServerView = z.infer<typeof ServerView>;

export const ServerList = z.object({ servers: z.array(ServerView) });
export type ServerList = z.infer<typeof ServerList>;
