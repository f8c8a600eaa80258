import type { HubMessage } from "@mobilesd/contract";
import { applyChange, type JobRow } from "../../storage/jobs.ts";
import { findClaimableSince, findDueJobs, stopWatching } from "../../storage/queue.ts";
import { listServers, type ServerRow } from "../../storage/servers.ts";
import { decide } from "../change-job.ts";
import type { Context } from "../context.ts";
import { modeOf } from "../server-orders.ts";
import { cancelOf, ringServer, tellOfJobs } from "../tell-hub.ts";

/** What the clock did to one row: the row as it is now, nothing, or nothing because it moved meanwhile. */
async function sweepJob(ctx: Context, job: JobRow): Promise<JobRow | "nothing" | "moved"> {
  const change = decide(ctx, job, { type: "clock" });
  if (!change.ok) {
    // A row that nothing can change any more must not stand before those that wait.
    if (change.error.code === "already_finished") await stopWatching(ctx.db, job);
    return "nothing";
  }
  const isByClock = true;
  const saved = await applyChange(ctx.db, job, change.value, ctx.clock(), { isByClock });
  ctx.log("job_swept", {
    job_id: job.mobilesdJobId,
    status: saved?.status ?? "moved",
    status_reason: saved?.statusReason ?? null,
  });
  return saved ?? "moved";
}

export interface SweptServer {
  readonly changed: number;
  /** When the server must be swept again, in milliseconds since the epoch; null: not before something happens. */
  readonly nextAt: number | null;
}

/**
 * Looks at every job of a server whose time has come: leases that ran out, cancels that nobody acknowledged,
 * backoffs and `not_before`s that are over, deadlines. Each row is written only if it is still as it was
 * seen, so two sweeps at once, or a sweep and an agent, cannot undo each other; one that moved is due again.
 */
export async function sweepServer(ctx: Context, alias: string): Promise<SweptServer> {
  const due = await findDueJobs(ctx.db, alias, ctx.clock());
  const changed: JobRow[] = [];
  const toAgent: HubMessage[] = [];
  const times = due.nextAt === null ? [] : [due.nextAt];
  for (const job of due.jobs) {
    const saved = await sweepJob(ctx, job);
    // Whatever time it waits for now was not seen.
    if (saved === "moved") times.push(ctx.clock());
    if (saved === "moved" || saved === "nothing") continue;
    changed.push(saved);
    if (saved.wakeAt !== null) times.push(saved.wakeAt);
    if (saved.status === "cancelled") toAgent.push(...cancelOf(job));
  }
  if (changed.length > 0) tellOfJobs(ctx, alias, { jobs: changed }, { toAgent });
  return { changed: changed.length, nextAt: times.length === 0 ? null : Math.min(...times) };
}

/** Rings each server that could have claimed a job for a while and has not: its bell may have been lost. */
async function ringAgain(ctx: Context, servers: readonly ServerRow[]): Promise<void> {
  const active = servers.filter((server) => modeOf(server) === "active");
  const heads = await findClaimableSince(
    ctx.db,
    active.map((server) => server.alias),
  );
  const before = ctx.clock() - ctx.settings.durations.ringAgainAfterMs;
  for (const [alias, since] of heads) {
    if (Date.parse(since) <= before) ringServer(ctx, alias);
  }
}

/** Sweeps every server, and rings those whose line stands still. Answers how many rows changed. */
export async function sweep(ctx: Context): Promise<number> {
  const servers = await listServers(ctx.db);
  let changed = 0;
  for (const server of servers) changed += (await sweepServer(ctx, server.alias)).changed;
  await ringAgain(ctx, servers);
  return changed;
}
