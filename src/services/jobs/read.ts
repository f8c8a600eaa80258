import {
  type JobList,
  type JobStatusView,
  type JobView,
  LIMITS,
  type ListJobsQuery,
} from "@mobilesd/contract";
import { ownerScope } from "../../domain/access.ts";
import { waitsForServer } from "../../domain/presence.ts";
import { listImages, listImagesOf } from "../../storage/images.ts";
import { type Cursor, listJobs as listRows } from "../../storage/job-lists.ts";
import { findJob, type JobRow } from "../../storage/jobs.ts";
import { findOwnerByName } from "../../storage/keys.ts";
import { listServersWithLease } from "../../storage/servers.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { NO_SERVER, type SightedServer, sightServers } from "../server-sight.ts";
import { viewCore, viewJob } from "../view-job.ts";
import { estimateJob, estimateJobs } from "./place.ts";

/** A job that the caller may see; what is another owner's is not found, like what does not exist. */
export async function requireJob(ctx: ActorContext, id: string): Promise<JobRow> {
  const job = await findJob(ctx.db, id, ownerScope(ctx.actor));
  if (!job) throw new AppError("not_found");
  return job;
}

const isOpen = (job: JobRow) => job.status === "pending" || job.status === "processing";

/** The servers of some jobs as far as the view of these needs them; running ones live where `isLive`. */
async function sightServersOf(ctx: ActorContext, jobs: readonly JobRow[], isLive: boolean) {
  const running = (job: JobRow) => job.status === "processing";
  const isNeeded = (job: JobRow) => waitsForServer(job) || running(job) || (isLive && isOpen(job));
  const wanted = new Set(jobs.filter(isNeeded).map((job) => job.targetServerAlias));
  const all = wanted.size === 0 ? [] : await listServersWithLease(ctx.db);
  const rows = all.filter((server) => wanted.has(server.alias));
  const live = new Set(isLive ? jobs.filter(running).map((job) => job.targetServerAlias) : []);
  return { rows, sighted: await sightServers(ctx, rows, live) };
}

const sightOf = (sighted: ReadonlyMap<string, SightedServer>, job: JobRow) =>
  sighted.get(job.targetServerAlias) ?? NO_SERVER;

/** Everything about one job. */
export async function getJob(ctx: ActorContext, id: string): Promise<JobView> {
  const job = await requireJob(ctx, id);
  const [{ sighted }, images] = await Promise.all([
    sightServersOf(ctx, [job], true),
    listImagesOf(ctx.db, job),
  ]);
  return viewJob(ctx, job, images, sightOf(sighted, job));
}

/** The enhanced status of one job, with exactly the fields of the interface. */
export async function getJobStatus(ctx: ActorContext, id: string): Promise<JobStatusView> {
  const job = await requireJob(ctx, id);
  const images = job.status === "completed" ? await listImagesOf(ctx.db, job) : [];
  const { estimate, server } = await estimateJob(ctx, job);
  return { ...viewCore(ctx, job, images, server), ...estimate };
}

function encodeCursor(job: JobRow): string {
  return `${job.creationTimestamp}_${job.mobilesdJobId}`;
}

/** A timestamp as rows have it (old ones without milliseconds too), and a job's id. */
const CURSOR = /^(\d{4}-[0-9T:.+Z -]{6,30})_([0-9A-Za-z-]{1,64})$/;

function decodeCursor(cursor: string): Cursor {
  const [, creationTimestamp, id] = CURSOR.exec(cursor) ?? [];
  if (creationTimestamp === undefined || id === undefined) {
    throw fieldError("invalid_request", "cursor", "not a cursor of this list");
  }
  return { creationTimestamp, id };
}

/** Whose jobs a list shows: the caller's own, or those of an owner named by a key that reaches all. */
async function listedOwner(ctx: ActorContext, name: string | undefined): Promise<string> {
  if (name === undefined || name === ctx.actor.ownerName) return ctx.actor.ownerId;
  const owner = ownerScope(ctx.actor) === null ? await findOwnerByName(ctx.db, name) : undefined;
  if (!owner)
    throw fieldError("invalid_request", "owner", "no owner of this name that you may see");
  return owner.id;
}

/** One page of jobs. `total` is exact up to `listTotalMax`. */
export async function listJobs(ctx: ActorContext, query: ListJobsQuery): Promise<JobList> {
  const ownerId = await listedOwner(ctx, query.owner);
  const cursor = query.cursor === undefined ? null : decodeCursor(query.cursor);
  const { rows, total } = await listRows(ctx.db, ownerId, query, cursor);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const images = await listImages(
    ctx.db,
    ownerId,
    page.filter((job) => job.status === "completed").map((job) => job.mobilesdJobId),
  );
  const { rows: servers, sighted } = await sightServersOf(ctx, page, query.places);
  const places = query.places ? await estimateJobs(ctx, page, servers, sighted) : [];
  const isMinimum = total > LIMITS.listTotalMax;
  return {
    jobs: page.map((job, at) => ({
      ...viewJob(
        ctx,
        job,
        images.filter((image) => image.mobilesdJobId === job.mobilesdJobId),
        sightOf(sighted, job),
      ),
      ...(query.places || job.status !== "processing" ? {} : { progress: null }),
      ...places[at],
    })),
    next_cursor: rows.length > query.limit && last ? encodeCursor(last) : null,
    total: Math.min(total, LIMITS.listTotalMax),
    ...(isMinimum ? { total_is_minimum: true as const } : {}),
  };
}
