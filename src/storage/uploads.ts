import { and, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { jobs, uploads } from "./schema.ts";

export type UploadRow = typeof uploads.$inferSelect;

export function insertUpload(db: Database, upload: typeof uploads.$inferInsert) {
  return db.insert(uploads).values(upload);
}

/** Those of `ids` that belong to an owner. */
export async function findUploads(
  db: Database,
  ids: readonly string[],
  ownerId: string,
): Promise<UploadRow[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(uploads)
    .where(and(inArray(uploads.id, [...ids]), eq(uploads.ownerId, ownerId)));
}

/** An upload that is named by a job which a session of a server holds. */
export async function findUploadOfLeasedJob(
  db: Database,
  uploadId: string,
  holder: { alias: string; sessionId: string | null },
): Promise<UploadRow | undefined> {
  const held = db
    .select({ ownerId: jobs.ownerId })
    .from(jobs)
    .where(
      and(
        eq(jobs.targetServerAlias, holder.alias),
        isNotNull(jobs.wakeAt),
        eq(jobs.agentSessionId, holder.sessionId ?? ""),
        sql`instr(${jobs.generationParamsJson}, ${uploadId}) > 0`,
      ),
    );
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.id, uploadId), inArray(uploads.ownerId, held)))
    .get();
}
