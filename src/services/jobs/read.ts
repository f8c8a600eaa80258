import {
  type JobList,
  type JobStatusView,
  type JobView,
  LIMITS,
  type ListJobsQuery,
} from "@mobilesd/contract";
import { ownerScope } from "../../domain/access.ts";
import { isPresent, waitsForServer } from "../../domain/presence.ts";
import { listImages, listImagesOf } from "../../storage/images.ts";
import { type Cursor, findJob, type JobRow, listJobs as listRows } from "../../storage/jobs.ts";
import { findOwnerByName } from "../../storage/keys.ts";
import { listServersWithLease, type ServerWithLease } from "../../storage/servers.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { estimateJob, estimateJobs } from "./place.ts";
import { viewJob, viewStatus } from "./view.ts";

/** A job that the caller may see; what is another owner's is not found, like what does not exist. */
export async function requireJob(ctx: ActorContext, id: string): Promise<JobRow> {
  const job = await findJob(ctx.db, id, ownerScope(ctx.actor));
  if (!job) throw new AppError("not_found");
  return job;
}

/** The aliases of those servers that are there. */
function presentOf(ctx: ActorContext, servers: readonly ServerWithLease[]): Set<string> {
  const now = ctx.clock();
  const present = servers.filter((server) => isPresent(server, now, ctx.settings.durations));
  return new Set(present.map((server) => server.alias));
}

/** Everything about one job. */
export async function getJob(ctx: ActorContext, id: string): Promise<JobView> {
  const job = await requireJob(ctx, id);
  const present = presentOf(ctx, waitsForServer(job) ? await listServersWithLease(ctx.db) : []);
  const images = await listImagesOf(ctx.db, job);
  return viewJob(ctx, job, images, present.has(job.targetServerAlias));
}

/** The enhanced status of one job. */
export async function getJobStatus(ctx: ActorContext, id: string): Promise<JobStatusView> {
  const job = await requireJob(ctx, id);
  const images = job.status === "completed" ? await listImagesOf(ctx.db, job) : [];
  return viewStatus(ctx, job, images, await estimateJob(ctx, job));
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
  const isOpen = (job: JobRow) => job.status === "pending" || job.status === "processing";
  const needsServers = page.some(query.places ? isOpen : waitsForServer);
  const servers = needsServers ? await listServersWithLease(ctx.db) : [];
  const present = presentOf(ctx, servers);
  const places = query.places ? await estimateJobs(ctx, page, servers) : [];
  const isMinimum = total > LIMITS.listTotalMax;
  return {
    jobs: page.map((job, at) => ({
      ...viewJob(
        ctx,
        job,
        images.filter((image) => image.mobilesdJobId === job.mobilesdJobId),
        present.has(job.targetServerAlias),
      ),
      ...places[at],
    })),
    next_cursor: rows.length > query.limit && last ? encodeCursor(last) : null,
    total: Math.min(total, LIMITS.listTotalMax),
    ...(isMinimum ? { total_is_minimum: true as const } : {}),
  };
}
