import type { Complete, ImageMime } from "@mobilesd/contract";
import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import { imageName } from "../domain/image-name.ts";
import type { JobChange } from "../domain/job-machine.ts";
import { resultDetailsJson } from "../domain/result-details.ts";
import { type Database, toTimestamp } from "./database.ts";
import { imagesOf, type JobRow, rowOf, toColumns, unchangedSince } from "./jobs.ts";
import { images, jobs, servers } from "./schema.ts";
import type { ServerColumns } from "./servers.ts";

export type ImageRow = typeof images.$inferSelect;

/** Where the pictures of one attempt lie in R2. An owner's objects share a prefix; epochs never mix. */
export function resultKey(job: JobRow, index: number, kind: "image" | "preview"): string {
  return `${epochPrefix(job)}${index}.${kind}`;
}

/** What one lease stored of a job. */
export function epochPrefix(job: JobRow): string {
  return `${jobPrefix(job)}${job.epoch}/`;
}

/** Everything of a job in R2, whatever the epoch. */
export function jobPrefix(job: JobRow): string {
  return `owners/${job.ownerId}/jobs/${job.mobilesdJobId}/`;
}

/** Every key of an owner's object begins so. */
export const OWNERS_PREFIX = "owners/";

export function uploadKey(ownerId: string, uploadId: string): string {
  return `owners/${ownerId}/uploads/${uploadId}`;
}

/** What an object of an owner belongs to: a job's result, or an upload. */
export function parseKey(key: string): { kind: "result" | "upload" | "other"; id: string } {
  const [, , folder, id = ""] = key.split("/");
  if (folder === "jobs") return { kind: "result", id };
  return { kind: folder === "uploads" ? "upload" : "other", id };
}

export function catalogueKey(alias: string): string {
  return `servers/${alias}/catalogue.json`;
}

/** One picture of a job, of one owner or (null) of any. */
export async function findImage(
  db: Database,
  jobId: string,
  index: number,
  ownerId: string | null,
): Promise<ImageRow | undefined> {
  const own = ownerId === null ? undefined : eq(images.ownerId, ownerId);
  return db
    .select()
    .from(images)
    .where(and(eq(images.mobilesdJobId, jobId), eq(images.imageIndex, index), own))
    .get();
}

/** The pictures of one job in order. */
export function listImagesOf(db: Database, job: JobRow): Promise<ImageRow[]> {
  return db.select().from(images).where(imagesOf(job)).orderBy(asc(images.imageIndex));
}

/** The pictures of some jobs of an owner in order, however many jobs: D1 binds a hundred values at most. */
export async function listImages(
  db: Database,
  ownerId: string,
  jobIds: readonly string[],
): Promise<ImageRow[]> {
  if (jobIds.length === 0) return [];
  const ids = sql`(SELECT value FROM json_each(${JSON.stringify(jobIds)}))`;
  return db
    .select()
    .from(images)
    .where(and(inArray(images.mobilesdJobId, ids), eq(images.ownerId, ownerId)))
    .orderBy(asc(images.mobilesdJobId), asc(images.imageIndex));
}

/** The name by which a stored picture is asked for. */
export function nameOf(image: ImageRow): string {
  return imageName(image.mobilesdJobId, image.imageIndex, image.mime as ImageMime);
}

/** The rows of a job's pictures, in order, as what its agent announces makes them. */
function toImageRows(job: JobRow, { images: announced }: Complete, now: number): ImageRow[] {
  const inOrder = [...announced].sort((a, b) => a.index - b.index);
  return inOrder.map((image) => ({
    mobilesdJobId: job.mobilesdJobId,
    imageIndex: image.index,
    ownerId: job.ownerId ?? "",
    objectKey: resultKey(job, image.index, "image"),
    previewKey: image.preview && resultKey(job, image.index, "preview"),
    mime: image.mime,
    bytes: image.bytes,
    sha256: image.sha256,
    width: image.width,
    height: image.height,
    seed: image.seed,
    infotext: image.infotext,
    createdAt: toTimestamp(now),
  }));
}

/** A job that was just finished, and its pictures. */
export interface FinishedJob {
  readonly job: JobRow;
  readonly images: readonly ImageRow[];
}

/**
 * Finishes a job in one batch. A batch does not stop at an UPDATE that matched nothing, so the pictures'
 * rows and the server's columns (null: as they were) are written from the row just finished under this very
 * epoch and manifest. Undefined: the row moved meanwhile, nothing was written.
 */
export async function completeJob(
  db: Database,
  job: JobRow,
  change: JobChange,
  done: { complete: Complete; manifestSha256: string; server: ServerColumns | null },
  now: number,
): Promise<FinishedJob | undefined> {
  const { complete, manifestSha256, server } = done;
  const pictures = toImageRows(job, complete, now);
  const rows = JSON.stringify(
    pictures.map((one) => [
      one.imageIndex,
      one.objectKey,
      one.previewKey,
      one.mime,
      one.bytes,
      one.sha256,
      one.width,
      one.height,
      one.seed,
      one.infotext,
    ]),
  );
  // The epoch stays: it is the one under which the pictures lie and a repeated `complete` is known.
  const columns = {
    ...toColumns(change, now),
    leaseHash: job.leaseHash,
    manifestSha256,
    resultDetailsJson: resultDetailsJson(complete.warnings),
  };
  const finishJob = db.update(jobs).set(columns).where(unchangedSince(job));
  const finished = sql`${rowOf(job)} AND ${jobs.status} = 'completed'
    AND ${jobs.epoch} = ${job.epoch} AND ${jobs.manifestSha256} = ${manifestSha256}`;
  // In the order of the table's columns. A `complete` that came twice at once finds them there.
  const storeImages = db
    .insert(images)
    .select(sql`
      SELECT mobilesd_job_id, value ->> 0, owner_id, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
        value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, ${toTimestamp(now)}
      FROM jobs, json_each(${rows}) WHERE ${finished}`)
    .onConflictDoNothing();
  const [updated] =
    server === null
      ? await db.batch([finishJob, storeImages])
      : await db.batch([finishJob, storeImages, updateServerOf(db, job, server, finished)]);
  return updated.meta.changes > 0 ? { job: { ...job, ...columns }, images: pictures } : undefined;
}

function updateServerOf(db: Database, job: JobRow, columns: ServerColumns, finished: SQL) {
  return db
    .update(servers)
    .set(columns)
    .where(
      and(
        eq(servers.alias, job.targetServerAlias),
        sql`EXISTS (SELECT 1 FROM jobs WHERE ${finished})`,
      ),
    );
}
