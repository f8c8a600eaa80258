import {
  and,
  eq,
  exists,
  getTableColumns,
  inArray,
  isNull,
  notExists,
  type SQL,
  sql,
} from "drizzle-orm";
import type { HoldReason, JobChange, JobState } from "../domain/job-machine.ts";
import { type Database, toTimestamp } from "./database.ts";
import { idempotencyRecords, images, jobs, uploads } from "./schema.ts";

export type JobRow = typeof jobs.$inferSelect;
export type NewJob = typeof jobs.$inferInsert;
type IdempotencyRecord = typeof idempotencyRecords.$inferInsert;

/** The facts that the state machine looks at. */
export function toJobState(row: JobRow): JobState {
  return {
    status: row.status as JobState["status"],
    epoch: row.epoch,
    isLeased: row.leaseHash !== null,
    leaseUntil: row.leaseUntil,
    attemptCount: row.attemptCount,
    interruptionCount: row.interruptionCount,
    forgeDeathCount: row.forgeDeathCount,
    retryCount: row.retryCount,
    cancelRequestedAt: row.cancelRequestedAt,
    startBy: row.startBy,
    notBefore: row.notBefore,
    holdReason: row.holdReason as HoldReason | null,
  };
}

/** The columns of a change as the table has them. */
export function toColumns(change: JobChange, now: number): Partial<JobRow> {
  const { error, endsLease, isStarted, isFinished, ...plain } = change;
  const timestamp = toTimestamp(now);
  return {
    ...plain,
    lastUpdatedTimestamp: timestamp,
    ...(error === undefined ? {} : { errorJson: error === null ? null : JSON.stringify(error) }),
    ...(endsLease ? { leaseHash: null, leaseUntil: null, agentSessionId: null } : {}),
    ...(isStarted ? { startedTimestamp: timestamp } : {}),
    ...(isFinished ? { completionTimestamp: timestamp } : {}),
  };
}

/** A new job as its row will be, with what the table fills in. */
export function toNewRow(job: NewJob): JobRow {
  const columns = Object.entries(getTableColumns(jobs));
  const filled = Object.fromEntries(
    columns.map(([name, { default: value }]) => [name, value ?? null]),
  );
  return { ...(filled as JobRow), ...(job as Partial<JobRow>) };
}

/** The very row of a job, by its id and its owner; a row of the old schema has none until setup. */
export function rowOf(job: Pick<JobRow, "mobilesdJobId" | "ownerId">): SQL | undefined {
  return and(
    eq(jobs.mobilesdJobId, job.mobilesdJobId),
    job.ownerId === null ? isNull(jobs.ownerId) : eq(jobs.ownerId, job.ownerId),
  );
}

/**
 * The fence: the row must be as the decision saw it. Status and epoch move with every claim and every end
 * of a lease, and a cancel in between must not be overwritten by one who has not seen it.
 */
export function unchangedSince(job: JobRow): SQL | undefined {
  return and(
    rowOf(job),
    eq(jobs.status, job.status),
    eq(jobs.epoch, job.epoch),
    job.leaseHash === null ? isNull(jobs.leaseHash) : eq(jobs.leaseHash, job.leaseHash),
    job.cancelRequestedAt === null
      ? isNull(jobs.cancelRequestedAt)
      : eq(jobs.cancelRequestedAt, job.cancelRequestedAt),
  );
}

interface ChangeOptions {
  /** Columns that the machine does not know. */
  readonly columns?: Partial<JobRow>;
  /** The change is the clock's: a lease that was renewed since the row was read must stand. */
  readonly isByClock?: boolean;
}

/** Applies a decision to the row it was made for. Undefined: the row moved meanwhile, nothing was written. */
export async function applyChange(
  db: Database,
  job: JobRow,
  change: JobChange,
  now: number,
  options: ChangeOptions = {},
): Promise<JobRow | undefined> {
  const epoch = change.endsLease ? { epoch: job.epoch + 1 } : {};
  const isStillDue =
    options.isByClock && job.wakeAt !== null ? eq(jobs.wakeAt, job.wakeAt) : undefined;
  // The row is known: RETURNING would cost a read to say it again.
  const columns = { ...toColumns(change, now), ...epoch, ...options.columns };
  const { meta } = await db
    .update(jobs)
    .set(columns)
    .where(and(unchangedSince(job), isStillDue));
  return meta.changes > 0 ? { ...job, ...columns } : undefined;
}

/** One job, of one owner or (`ownerId` null) of any. */
export async function findJob(
  db: Database,
  id: string,
  ownerId: string | null,
): Promise<JobRow | undefined> {
  const own = ownerId === null ? undefined : eq(jobs.ownerId, ownerId);
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.mobilesdJobId, id), own))
    .get();
}

/** One job of a server, whoever owns it: what its agent may see. */
export async function findServersJob(
  db: Database,
  id: string,
  alias: string,
): Promise<JobRow | undefined> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.mobilesdJobId, id), eq(jobs.targetServerAlias, alias)))
    .get();
}

/** Some jobs of a server, whoever owns them; at most as many as D1 binds values. */
export async function findServersJobs(
  db: Database,
  ids: readonly string[],
  alias: string,
): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(inArray(jobs.mobilesdJobId, [...ids]), eq(jobs.targetServerAlias, alias)));
}

/** The rows of a job's pictures, which have its owner. */
export function imagesOf(job: Pick<JobRow, "mobilesdJobId" | "ownerId">): SQL | undefined {
  return and(eq(images.mobilesdJobId, job.mobilesdJobId), eq(images.ownerId, job.ownerId ?? ""));
}

/** Those of `ids` that belong to an owner; a job of the old schema has neither owner nor uploads. */
const uploadsOf = (ownerId: string | null, ids: readonly string[]) =>
  and(inArray(uploads.id, [...ids]), eq(uploads.ownerId, ownerId ?? ""));

function countUses(db: Database, by: 1 | -1, chosen: SQL | undefined) {
  return db
    .update(uploads)
    .set({ useCount: sql`${uploads.useCount} + ${by}` })
    .where(chosen);
}

/**
 * Stores a job, its idempotency record and the use of its uploads in one batch: all or nothing. Throws
 * what D1 throws; also when an upload is not there any more, which leaves the job without the id that its
 * table demands.
 */
export async function insertJob(
  db: Database,
  job: NewJob & { ownerId: string },
  record: IdempotencyRecord | null,
  uploadIds: readonly string[],
): Promise<void> {
  const areThere = sql`(SELECT count(*) FROM ${uploads}
    WHERE ${uploadsOf(job.ownerId, uploadIds)}) = ${uploadIds.length}`;
  const mobilesdJobId =
    uploadIds.length === 0
      ? job.mobilesdJobId
      : sql`CASE WHEN ${areThere} THEN ${job.mobilesdJobId} END`;
  const insert = db.insert(jobs).values({ ...job, mobilesdJobId });
  const statements = [
    ...(record ? [db.insert(idempotencyRecords).values(record)] : []),
    ...(uploadIds.length > 0 ? [countUses(db, 1, uploadsOf(job.ownerId, uploadIds))] : []),
  ];
  await db.batch([insert, ...statements]);
}

/**
 * Deletes a job that nobody runs, with its pictures' rows and its hold on its uploads. Answers the row as it
 * was at that moment: an agent may have taken it since it was read. Undefined: it is being processed, or gone.
 */
export async function deleteJobRows(
  db: Database,
  job: JobRow,
  uploadIds: readonly string[],
): Promise<JobRow | undefined> {
  const isFree = sql`status <> 'processing'`;
  const row = (condition?: SQL) =>
    db
      .select({ id: jobs.mobilesdJobId })
      .from(jobs)
      .where(and(rowOf(job), condition));
  const [, deleted] = await db.batch([
    // While the job is still there: of two deletes at once only one lets go of its uploads.
    countUses(db, -1, and(uploadsOf(job.ownerId, uploadIds), exists(row(isFree)))),
    db
      .delete(jobs)
      .where(and(rowOf(job), isFree))
      .returning(),
    db.delete(images).where(and(imagesOf(job), notExists(row()))),
  ]);
  return deleted[0];
}

/**
 * Rows of the old schema have no owner; the first one gets them. Whoever processed one is gone with the old
 * schema, and its server may never come: so it is put back at once, as the sweep does with a run cut short.
 */
export function adoptOrphanJobs(db: Database, ownerId: string, now: number, condition: SQL) {
  const orphan = and(isNull(jobs.ownerId), condition);
  const requeue = db
    .update(jobs)
    .set({
      status: "pending",
      statusReason: "queued",
      retryCount: sql`retry_count + 1`,
      interruptionCount: sql`interruption_count + 1`,
      lastUpdatedTimestamp: toTimestamp(now),
    })
    .where(and(orphan, eq(jobs.status, "processing")));
  return [requeue, db.update(jobs).set({ ownerId }).where(orphan)] as const;
}
