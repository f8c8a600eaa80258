import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { deadLetters, pageSessions, pairingCodes, uploads } from "./schema.ts";
import type { UploadRow } from "./uploads.ts";

/** Rows removed by one pass of the daily clean-up; D1 wants small deletes. */
const PRUNE_ROWS_MAX = 500;

/** Removes records, sessions and codes whose time is over. */
export async function deleteExpired(
  db: Database,
  idempotencyBefore: number,
  now: number,
): Promise<void> {
  await db.batch([
    db.run(sql`DELETE FROM idempotency_records WHERE (owner_id, key) IN (
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
}

/** Keeps a queue message that could not be delivered; the same message twice is one row. */
export function insertDeadLetter(db: Database, letter: typeof deadLetters.$inferInsert) {
  return db.insert(deadLetters).values(letter).onConflictDoNothing();
}

/** Removes the rows of uploads that no job used, and answers them so that their objects can go. */
export async function deleteUnusedUploads(db: Database, before: string): Promise<UploadRow[]> {
  const old = db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(eq(uploads.isUsed, false), lt(uploads.createdAt, before)))
    .limit(PRUNE_ROWS_MAX);
  return db.delete(uploads).where(inArray(uploads.id, old)).returning();
}
