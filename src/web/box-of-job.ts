import type { ListedJob, ServerView } from "@mobilesd/contract";

/** The box that a job is at or waits for, where the page knows it. */
export function boxOfJob(
  servers: readonly ServerView[],
  { server_alias, target_server_alias }: ListedJob,
): ServerView | undefined {
  const alias = server_alias ?? target_server_alias;
  return servers.find((server) => server.alias === alias);
}

/** What a job's row says while its box is there, and what it comes to once that is away. */
const AWAY_REASONS: Partial<Record<string, ListedJob["status_reason"]>> = {
  running: "agent_offline",
  queued: "waiting_for_server",
  assigned: "waiting_for_server",
};

/** A job as it stands with its box: where that is known to be away, the row has it a little later only. */
export function withItsBox(job: ListedJob, box: ServerView | undefined): ListedJob {
  const reason = AWAY_REASONS[job.status_reason ?? ""];
  if (box === undefined || box.is_present || reason === undefined) return job;
  const since = box.last_seen_at;
  return {
    ...job,
    status_reason: reason,
    estimated_completion_time: null,
    ...(since === null ? {} : { server_away_since: since }),
  };
}
