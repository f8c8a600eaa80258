import { and, asc, eq, inArray, isNotNull, isNull, lte, ne, or, sql } from "drizzle-orm";
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
const held = (alias: string) =>
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

/**
 * Prolongs a lease that is still the row's. False: it is not. A finished job keeps epoch and hash, so that a
 * repeated `complete` is known, but no session. A cancel that came since the row was read keeps the moment
 * at which it is forced.
 */
export async function extendLease(
  db: Database,
  job: JobRow,
  leaseUntil: number,
  now: number,
): Promise<boolean> {
  const { meta } = await db
    .update(jobs)
    .set({
      leaseUntil,
      wakeAt: sql`CASE WHEN cancel_requested_at IS NULL THEN ${leaseUntil} ELSE wake_at END`,
      statusReason: sql`CASE WHEN status_reason = 'agent_offline' THEN 'running' ELSE status_reason END`,
      lastUpdatedTimestamp: toTimestamp(now),
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
  return meta.changes > 0;
}

/** Waiting rows that one sweep looks at per server; the rest comes with the next, oldest first. */
const SWEEP_ROWS_MAX = 100;

/** The jobs of a server whose time to be looked at has come: leased ones, and those that wait unleased. */
export async function findJobsToWake(db: Database, alias: string, now: number): Promise<JobRow[]> {
  const isDue = lte(jobs.wakeAt, now);
  const ofServer = eq(jobs.targetServerAlias, alias);
  const [held, waiting] = await db.batch([
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
  ]);
  return [...held, ...waiting];
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
    .where(or(claimable(alias), held(alias)));
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
        and(held(alias), eq(jobs.checkpointName, from)),
      ),
    );
}

/** Holds back the waiting jobs whose checkpoint a server's catalogue lacks, and lets go those that are back. */
export async function holdMissingCheckpoints(
  db: Database,
  alias: string,
  now: number,
): Promise<void> {
  const known = sql`${jobs.checkpointName} IN (
    SELECT name FROM catalogue_names WHERE server_alias = ${alias} AND kind = 'checkpoint')`;
  const timestamp = toTimestamp(now);
  await db.batch([
    db
      .update(jobs)
      .set({
        holdReason: "missing_checkpoint",
        statusReason: "missing_checkpoint",
        wakeAt: sql`coalesce(start_by, ${HELD_WAKE_AT})`,
        lastUpdatedTimestamp: timestamp,
      })
      .where(and(claimable(alias), isNull(jobs.leaseHash), sql`NOT ${known}`)),
    db
      .update(jobs)
      .set({
        holdReason: null,
        statusReason: "queued",
        wakeAt: sql`start_by`,
        lastUpdatedTimestamp: timestamp,
      })
      .where(and(held(alias), eq(jobs.holdReason, "missing_checkpoint"), known)),
  ]);
}
