import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { parseKey } from "./images.ts";
import {
  deadLetters,
  idempotencyRecords,
  images,
  jobs,
  pageSessions,
  pairingCodes,
  uploads,
} from "./schema.ts";
import type { UploadRow } from "./uploads.ts";

/** Rows of a kind removed by one pass of the nightly clean-up; D1 wants small deletes. */
export const PRUNE_ROWS_MAX = 500;

/** Removes records, sessions and codes whose time is over. Answers whether there may be more. */
export async function deleteExpired(
  db: Database,
  idempotencyBefore: number,
  now: number,
): Promise<boolean> {
  const results = await db.batch([
    db.delete(idempotencyRecords).where(sql`(owner_id, key) IN (
      SELECT owner_id, key FROM idempotency_records WHERE created_at < ${idempotencyBefore}
      LIMIT ${PRUNE_ROWS_MAX})`),
    db
      .delete(pageSessions)
      .where(
        inArray(
          pageSessions.tokenHash,
          db
            .select({ id: pageSessions.tokenHash })
            .from(pageSessions)
            .where(lt(pageSessions.expiresAt, now))
            .limit(PRUNE_ROWS_MAX),
        ),
      ),
    db
      .delete(pairingCodes)
      .where(
        inArray(
          pairingCodes.codeHash,
          db
            .select({ id: pairingCodes.codeHash })
            .from(pairingCodes)
            .where(lt(pairingCodes.expiresAt, now))
            .limit(PRUNE_ROWS_MAX),
        ),
      ),
  ]);
  return results.some((result) => result.meta.changes >= PRUNE_ROWS_MAX);
}

/** Keeps a queue message that could not be delivered; the same message twice is one row. */
export function insertDeadLetter(db: Database, letter: typeof deadLetters.$inferInsert) {
  return db.insert(deadLetters).values(letter).onConflictDoNothing();
}

/** Removes the rows of uploads that no job names, and answers them so that their objects can go. */
export async function deleteUnusedUploads(db: Database, before: string): Promise<UploadRow[]> {
  const old = db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(eq(uploads.useCount, 0), lt(uploads.createdAt, before)))
    .limit(PRUNE_ROWS_MAX);
  return db.delete(uploads).where(inArray(uploads.id, old)).returning();
}

/**
 * Those of some R2 keys that no row speaks of: pictures of a finished or deleted job that are not its
 * result, uploads without a row. What belongs to a job that is still open is never among them.
 */
export async function findOrphanKeys(db: Database, keys: readonly string[]): Promise<string[]> {
  const parsed = keys.map((key) => ({ key, ...parseKey(key) }));
  const idsOf = (kind: "result" | "upload") =>
    JSON.stringify([...new Set(parsed.flatMap((one) => (one.kind === kind ? [one.id] : [])))]);
  const among = (ids: string) => sql`(SELECT value FROM json_each(${ids}))`;
  const jobIds = idsOf("result");
  const [pictures, openJobs, known] = await db.batch([
    db
      .select({ image: images.objectKey, preview: images.previewKey })
      .from(images)
      .where(inArray(images.mobilesdJobId, among(jobIds))),
    db
      .select({ id: jobs.mobilesdJobId })
      .from(jobs)
      .where(
        and(
          inArray(jobs.mobilesdJobId, among(jobIds)),
          inArray(jobs.status, ["pending", "processing"]),
        ),
      ),
    db
      .select({ id: uploads.id })
      .from(uploads)
      .where(inArray(uploads.id, among(idsOf("upload")))),
  ]);
  const kept = new Set(pictures.flatMap((one) => [one.image, one.preview]));
  const alive = new Set([...openJobs, ...known].map((one) => one.id));
  return parsed
    .filter(({ key, kind, id }) => kind !== "other" && !alive.has(id) && !kept.has(key))
    .map(({ key }) => key);
}
