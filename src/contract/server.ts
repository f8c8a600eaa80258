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
});
export type ServerView = z.infer<typeof ServerView>;

export const ServerList = z.object({ servers: z.array(ServerView) });
export type ServerList = z.infer<typeof ServerList>;
