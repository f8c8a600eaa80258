import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import { HELD_WAKE_AT } from "../domain/job-machine.ts";
import { type Database, toTimestamp } from "./database.ts";
import { type JobRow, rowOf, unchangedSince } from "./jobs.ts";
import { jobs } from "./schema.ts";

/** In the words of the index's own condition: a bound value would leave its use to chance. */
export const claimable = (alias: string) =>
  and(eq(jobs.targetServerAlias, alias), sql`status = 'pending'`, isNull(jobs.holdReason));

/** Every job that a server holds under a lease: few, and apart from all others in the wake index. */
export const leased = (alias: string) =>
  and(
    eq(jobs.targetServerAlias, alias),
    isNotNull(jobs.agentSessionId),
    isNotNull(jobs.wakeAt),
    isNotNull(jobs.leaseHash),
  );

/** Every job that waits for something to come first; like the leased ones found by the wake index. */
const waitingHeld = (alias: string) =>
  and(
    eq(jobs.targetServerAlias, alias),
    isNull(jobs.agentSessionId),
    isNotNull(jobs.wakeAt),
    isNotNull(jobs.holdReason),
  );

/** Every job that a server holds under a lease of another session than this one. */
export async function findJobsOfOtherSessions(
  db: Database,
  alias: string,
  sessionId: string,
): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(leased(alias), ne(jobs.agentSessionId, sessionId)));
}

/** Every job that a server has taken and not begun. */
export async function findUnbegunJobs(db: Database, alias: string): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(leased(alias), eq(jobs.status, "pending")));
}

/**
 * Prolongs a lease that is still the row's, and answers the row. Undefined: it is not. A finished job keeps
 * epoch and hash, so that a repeated `complete` is known, but no session. A cancel that came since the row
 * was read keeps the moment at which it is forced.
 */
export async function extendLease(
  db: Database,
  job: JobRow,
  leaseUntil: number,
  now: number,
): Promise<JobRow | undefined> {
  const lastUpdatedTimestamp = toTimestamp(now);
  const { meta } = await db
    .update(jobs)
    .set({
      leaseUntil,
      wakeAt: sql`CASE WHEN cancel_requested_at IS NULL THEN ${leaseUntil} ELSE wake_at END`,
      statusReason: sql`CASE WHEN status_reason = 'agent_offline' THEN 'running' ELSE status_reason END`,
      lastUpdatedTimestamp,
    })
    .where(
      and(
        rowOf(job),
        inArray(jobs.status, ["pending", "processing"]),
        eq(jobs.epoch, job.epoch),
        eq(jobs.leaseHash, job.leaseHash ?? ""),
        eq(jobs.agentSessionId, job.agentSessionId ?? ""),
      ),
    );
  if (meta.changes === 0) return undefined;
  const statusReason = job.statusReason === "agent_offline" ? "running" : job.statusReason;
  const wakeAt = job.cancelRequestedAt === null ? leaseUntil : job.wakeAt;
  return { ...job, leaseUntil, wakeAt, statusReason, lastUpdatedTimestamp };
}

/** Waiting rows that one sweep looks at per server; the rest comes with the next, oldest first. */
const SWEEP_ROWS_MAX = 100;

/** The jobs of a server that are to be looked at, and when the next of the others is. */
export interface DueJobs {
  readonly jobs: readonly JobRow[];
  /** Milliseconds since the epoch; null: none of the others waits for a time. */
  readonly nextAt: number | null;
}

/**
 * The jobs of a server whose time to be looked at has come: leased ones, and those that wait unleased. Where
 * there are more than one sweep looks at, the next is due now.
 */
export async function findDueJobs(db: Database, alias: string, now: number): Promise<DueJobs> {
  const isDue = lte(jobs.wakeAt, now);
  const ofServer = eq(jobs.targetServerAlias, alias);
  const later = and(gt(jobs.wakeAt, now), lt(jobs.wakeAt, HELD_WAKE_AT));
  const earliest = { at: sql<number | null>`min(${jobs.wakeAt})` };
  const [held, waiting, heldLater, waitingLater] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(ofServer, isNotNull(jobs.agentSessionId), isDue)),
    db
      .select()
      .from(jobs)
      .where(and(ofServer, isNull(jobs.agentSessionId), isDue))
      .orderBy(asc(jobs.wakeAt))
      .limit(SWEEP_ROWS_MAX),
    db
      .select(earliest)
      .from(jobs)
      .where(and(ofServer, isNotNull(jobs.agentSessionId), later)),
    db
      .select({ at: jobs.wakeAt })
      .from(jobs)
      .where(and(ofServer, isNull(jobs.agentSessionId), later))
      .orderBy(asc(jobs.wakeAt))
      .limit(1),
  ]);
  const times = [
    ...[...heldLater, ...waitingLater].flatMap(({ at }) => (at === null ? [] : [at])),
    ...(waiting.length < SWEEP_ROWS_MAX ? [] : [now]),
  ];
  return {
    jobs: [...held, ...waiting],
    nextAt: times.length === 0 ? null : Math.min(...times),
  };
}

/** Since when the first job that each of some servers could claim has been like that; those that have one. */
export async function findClaimableSince(
  db: Database,
  aliases: readonly string[],
): Promise<Map<string, string>> {
  const [first, ...more] = aliases.map((alias) =>
    db
      .select({ since: jobs.lastUpdatedTimestamp })
      .from(jobs)
      .where(and(claimable(alias), isNull(jobs.leaseHash)))
      .orderBy(asc(jobs.priority), asc(jobs.creationTimestamp), asc(jobs.mobilesdJobId))
      .limit(1),
  );
  if (first === undefined) return new Map();
  const heads = await db.batch([first, ...more]);
  return new Map(
    heads.flatMap(([head], at) => {
      const alias = aliases[at];
      return head && alias !== undefined ? [[alias, head.since] as const] : [];
    }),
  );
}

/** Takes a finished job from those that the sweep looks at: nothing happens to it any more. */
export function stopWatching(db: Database, job: JobRow) {
  return db.update(jobs).set({ wakeAt: null }).where(unchangedSince(job));
}

/** The checkpoints, as they were written, that waiting jobs of a server ask for. */
export async function listWaitingCheckpoints(db: Database, alias: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ name: jobs.checkpointName })
    .from(jobs)
    .where(or(claimable(alias), waitingHeld(alias)));
  return rows.map((row) => row.name);
}

/** Writes the host's own name of a checkpoint into the jobs that named it otherwise. */
export function renameCheckpoint(db: Database, alias: string, from: string, to: string) {
  return db
    .update(jobs)
    .set({ checkpointName: to })
    .where(
      or(
        and(claimable(alias), eq(jobs.checkpointName, from)),
        and(waitingHeld(alias), eq(jobs.checkpointName, from)),
      ),
    );
}

/**
 * Holds back the waiting jobs whose checkpoint a server's catalogue lacks, and lets go those that are back.
 * Answers the ids of either.
 */
export async function holdMissingCheckpoints(
  db: Database,
  alias: string,
  now: number,
): Promise<{ readonly held: readonly string[]; readonly freed: readonly string[] }> {
  const known = sql`${jobs.checkpointName} IN (
    SELECT name FROM catalogue_names WHERE server_alias = ${alias} AND kind = 'checkpoint')`;
  const timestamp = toTimestamp(now);
  const [held, freed] = await db.batch([
    db
      .update(jobs)
      .set({
        holdReason: "missing_checkpoint",
        statusReason: "missing_checkpoint",
        wakeAt: sql`coalesce(start_by, ${HELD_WAKE_AT})`,
        lastUpdatedTimestamp: timestamp,
      })
      .where(and(claimable(alias), isNull(jobs.leaseHash), sql`NOT ${known}`))
      .returning({ id: jobs.mobilesdJobId }),
    db
      .update(jobs)
      .set({
        holdReason: null,
        statusReason: "queued",
        wakeAt: sql`start_by`,
        lastUpdatedTimestamp: timestamp,
      })
      .where(and(waitingHeld(alias), eq(jobs.holdReason, "missing_checkpoint"), known))
      .returning({ id: jobs.mobilesdJobId }),
  ]);
  return { held: held.map(({ id }) => id), freed: freed.map(({ id }) => id) };
}
