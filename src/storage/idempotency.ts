import { and, eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { idempotencyRecords } from "./schema.ts";

/** What an owner's earlier request under this key was, and what it was answered. */
export async function findIdempotencyRecord(db: Database, ownerId: string, key: string) {
  return db
    .select()
    .from(idempotencyRecords)
    .where(and(eq(idempotencyRecords.ownerId, ownerId), eq(idempotencyRecords.key, key)))
    .get();
}
