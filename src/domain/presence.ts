import type { Durations } from "@mobilesd/contract";

/** What tells of a server that it is there. Times in milliseconds since the epoch. */
export interface Sighting {
  /** When its agent last came, to within `serverSeenResolutionMs`; null when it never did. */
  readonly lastSeenAt: number | null;
  /** How long the last of its leases holds; null when it holds none. */
  readonly leaseUntil: number | null;
  /** When its agent's socket was last lost for good; null when none was. What it did before tells nothing any more. */
  readonly leftAt: number | null;
}

/** Whether a server's agent was there lately, or holds a job now: then it asks for no other. */
export function isSeen(server: Sighting, now: number, durations: Durations): boolean {
  const { lastSeenAt, leaseUntil, leftAt } = server;
  const isSince = (at: number) => leftAt === null || at > leftAt;
  const wasSeen = lastSeenAt !== null && now - lastSeenAt < durations.serverAbsentAfterMs;
  if (wasSeen && isSince(lastSeenAt)) return true;
  return leaseUntil !== null && leaseUntil > now && isSince(leaseUntil - durations.leaseTtlMs);
}

/** Whether it is time to note again that an agent came: not at every poll, as each note is a write. */
export function isSightingDue(
  { lastSeenAt, leftAt }: Pick<Sighting, "lastSeenAt" | "leftAt">,
  now: number,
  durations: Durations,
): boolean {
  if (lastSeenAt === null || (leftAt !== null && lastSeenAt <= leftAt)) return true;
  return now - lastSeenAt >= durations.serverSeenResolutionMs;
}

/** Whether a job waits for nothing but its server. */
export function waitsForServer(job: {
  readonly status: string;
  readonly holdReason: string | null;
  readonly leaseHash: string | null;
}): boolean {
  return job.status === "pending" && job.holdReason === null && job.leaseHash === null;
}

/** What a server is like for those who wait for it. */
export interface ServerSight {
  readonly isPresent: boolean;
  /** Whether it takes jobs: its owner has neither paused nor drained it. */
  readonly isActive: boolean;
  /** When it last showed itself, in milliseconds since the epoch; null while it is there, or never was. */
  readonly awaySince: number | null;
}

/** When a server was last there by its rows: it came, lost its socket or renewed a lease. Null: it never was. */
export function lastSignOf(server: Sighting, durations: Durations): number | null {
  const { lastSeenAt, leftAt, leaseUntil } = server;
  const renewedAt = leaseUntil === null ? null : leaseUntil - durations.leaseTtlMs;
  const signs = [lastSeenAt, leftAt, renewedAt].filter((at) => at !== null);
  return signs.length === 0 ? null : Math.max(...signs);
}

/**
 * A job's reason as it is shown: the row does not know whether its server is there and takes jobs, and of one
 * that broke off in a job it learns only when the lease is over.
 */
export function shownReason<R extends string | null>(
  job: Parameters<typeof waitsForServer>[0] & { readonly statusReason: R },
  server: Pick<ServerSight, "isPresent" | "isActive">,
): R | "waiting_for_server" | "paused" | "agent_offline" {
  const isRunning = job.status === "processing" && job.statusReason === "running";
  if (isRunning && !server.isPresent) return "agent_offline";
  if (!waitsForServer(job)) return job.statusReason;
  if (!server.isActive) return "paused";
  return server.isPresent ? job.statusReason : "waiting_for_server";
}
