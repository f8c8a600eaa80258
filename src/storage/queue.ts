import { LIMITS } from "@mobilesd/contract";
import { and, asc, eq, gt, isNotNull, isNull, lte, or, sql } from "drizzle-orm";
import type { WaitingJob } from "../domain/estimate.ts";
import { type Database, toTimestamp } from "./database.ts";
import type { JobRow } from "./jobs.ts";
import { jobs } from "./schema.ts";

export interface NewLease {
  readonly leaseHash: string;
  readonly leaseUntil: number;
  readonly claimId: string;
  readonly sessionId: string;
}

const claimable = (alias: string) =>
  and(eq(jobs.targetServerAlias, alias), eq(jobs.status, "pending"), isNull(jobs.holdReason));

const heldForCheckpoint = (alias: string) =>
  and(
    eq(jobs.targetServerAlias, alias),
    isNotNull(jobs.wakeAt),
    eq(jobs.holdReason, "missing_checkpoint"),
  );

/**
 * Grants a lease on the next job of a server in one conditional statement, so that two agents can never
 * hold the same job. Undefined: nothing can be claimed.
 */
export async function claimNextJob(
  db: Database,
  alias: string,
  lease: NewLease,
  now: number,
): Promise<JobRow | undefined> {
  const next = db
    .select({ id: jobs.mobilesdJobId })
    .from(jobs)
    .where(
      and(
        claimable(alias),
        isNull(jobs.leaseHash),
        or(isNull(jobs.startBy), gt(jobs.startBy, now)),
      ),
    )
    .orderBy(asc(jobs.priority), asc(jobs.creationTimestamp), asc(jobs.mobilesdJobId))
    .limit(1);
  const [row] = await db
    .update(jobs)
    .set({
      epoch: sql`${jobs.epoch} + 1`,
      leaseHash: lease.leaseHash,
      leaseUntil: lease.leaseUntil,
      wakeAt: lease.leaseUntil,
      claimId: lease.claimId,
      agentSessionId: lease.sessionId,
      serverAlias: alias,
      statusReason: "assigned",
      lastUpdatedTimestamp: toTimestamp(now),
    })
    .where(and(eq(jobs.mobilesdJobId, next), eq(jobs.status, "pending"), isNull(jobs.leaseHash)))
    .returning();
  return row;
}

/** The job that an earlier answer to the same `claim_id` granted, while its lease holds. */
export async function findClaimedJob(
  db: Database,
  alias: string,
  claimId: string,
  leaseUntilMax: number,
): Promise<JobRow | undefined> {
  return db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.targetServerAlias, alias),
        lte(jobs.wakeAt, leaseUntilMax),
        eq(jobs.claimId, claimId),
        isNotNull(jobs.leaseHash),
      ),
    )
    .get();
}

/** Every job that a server holds under a lease of another session than this one. */
export async function findJobsOfOtherSessions(
  db: Database,
  alias: string,
  sessionId: string,
): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.targetServerAlias, alias),
        isNotNull(jobs.wakeAt),
        isNotNull(jobs.leaseHash),
        sql`${jobs.agentSessionId} <> ${sessionId}`,
      ),
    );
}

/** Prolongs a lease that is still the row's. False: it is not. */
export async function extendLease(
  db: Database,
  job: JobRow,
  leaseUntil: number,
  now: number,
): Promise<boolean> {
  const rows = await db
    .update(jobs)
    .set({
      leaseUntil,
      ...(job.cancelRequestedAt === null ? { wakeAt: leaseUntil } : {}),
      ...(job.statusReason === "agent_offline" ? { statusReason: "running" } : {}),
      lastUpdatedTimestamp: toTimestamp(now),
    })
    .where(
      and(
        eq(jobs.mobilesdJobId, job.mobilesdJobId),
        eq(jobs.epoch, job.epoch),
        eq(jobs.leaseHash, job.leaseHash ?? ""),
      ),
    )
    .returning({ id: jobs.mobilesdJobId });
  return rows.length > 0;
}

/** Where a job stands in its server's order. */
export interface Place {
  readonly priority: number;
  readonly creationTimestamp: string;
  readonly id: string;
}

/** The claimable jobs before a place, in order, at most `positionMax` of them, read from the index alone. */
export async function findJobsAhead(
  db: Database,
  alias: string,
  place: Place,
): Promise<WaitingJob[]> {
  return db
    .select({
      costMegapixelSteps: jobs.costMegapixelSteps,
      checkpointName: jobs.checkpointName,
    })
    .from(jobs)
    .where(
      and(
        claimable(alias),
        sql`(priority, creation_timestamp, mobilesd_job_id) < (${place.priority}, ${place.creationTimestamp}, ${place.id})`,
      ),
    )
    .orderBy(asc(jobs.priority), asc(jobs.creationTimestamp), asc(jobs.mobilesdJobId))
    .limit(LIMITS.positionMax);
}

/** Rows of the wake index in which the running job is looked for; leased ones come first in it. */
const RUNNING_LOOK_MAX = 4;

/** The job that a server runs now, if any. */
export async function findRunningJob(
  db: Database,
  alias: string,
): Promise<(WaitingJob & { startedTimestamp: string | null }) | undefined> {
  const soon = db
    .select({
      status: jobs.status,
      costMegapixelSteps: jobs.costMegapixelSteps,
      checkpointName: jobs.checkpointName,
      startedTimestamp: jobs.startedTimestamp,
    })
    .from(jobs)
    .where(and(eq(jobs.targetServerAlias, alias), isNotNull(jobs.wakeAt)))
    .orderBy(asc(jobs.wakeAt))
    .limit(RUNNING_LOOK_MAX)
    .as("soon");
  return db.select().from(soon).where(eq(soon.status, "processing")).get();
}

/** Rows that one sweep looks at per server; the rest comes with the next, oldest first. */
const SWEEP_ROWS_MAX = 100;

/** The jobs of a server whose time to be looked at has come. */
export async function findJobsToWake(db: Database, alias: string, now: number): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.targetServerAlias, alias), lte(jobs.wakeAt, now)))
    .orderBy(asc(jobs.wakeAt))
    .limit(SWEEP_ROWS_MAX);
}

/** The checkpoints, as they were written, that claimable jobs of a server ask for. */
export async function listWaitingCheckpoints(db: Database, alias: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ name: jobs.checkpointName })
    .from(jobs)
    .where(or(claimable(alias), heldForCheckpoint(alias)));
  return rows.map((row) => row.name);
}

/** Writes the host's own name of a checkpoint into the jobs that named it otherwise. */
export function renameCheckpoint(db: Database, alias: string, from: string, to: string) {
  return db
    .update(jobs)
    .set({ checkpointName: to })
    .where(
      and(
        eq(jobs.targetServerAlias, alias),
        eq(jobs.status, "pending"),
        eq(jobs.checkpointName, from),
      ),
    );
}

/** Holds back the waiting jobs whose checkpoint a new catalogue lacks, and lets go those that are back. */
export async function holdMissingCheckpoints(
  db: Database,
  alias: string,
  checkpoints: readonly string[],
  now: number,
): Promise<void> {
  const names = JSON.stringify(checkpoints);
  const known = sql`${jobs.checkpointName} IN (SELECT value FROM json_each(${names}))`;
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
      .where(and(heldForCheckpoint(alias), known)),
  ]);
}

/** Far enough to never come, so that held rows stand in the wake index, where a catalogue finds them. */
export const HELD_WAKE_AT = 8_640_000_000_000_000;
