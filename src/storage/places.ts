import { LIMITS } from "@mobilesd/contract";
import { and, asc, sql } from "drizzle-orm";
import type { WaitingJob } from "../domain/estimate.ts";
import type { Place } from "../domain/place.ts";
import type { Database } from "./database.ts";
import type { JobRow } from "./jobs.ts";
import { claimable, leased } from "./queue.ts";
import { jobs } from "./schema.ts";

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

/** A job that a server holds under a lease. */
export type HeldJob = WaitingJob &
  Pick<
    JobRow,
    | "startedTimestamp"
    | "status"
    | "statusReason"
    | "leaseUntil"
    | "mobilesdJobId"
    | "ownerId"
    | "epoch"
  >;

function selectLeasedJobs(db: Database, alias: string) {
  return db
    .select({
      costMegapixelSteps: jobs.costMegapixelSteps,
      checkpointName: jobs.checkpointName,
      startedTimestamp: jobs.startedTimestamp,
      status: jobs.status,
      statusReason: jobs.statusReason,
      leaseUntil: jobs.leaseUntil,
      mobilesdJobId: jobs.mobilesdJobId,
      ownerId: jobs.ownerId,
      epoch: jobs.epoch,
    })
    .from(jobs)
    .where(leased(alias));
}

/** The jobs that a server holds now, one of which it may run: few, all of them by the index. */
export async function findLeasedJobs(db: Database, alias: string): Promise<HeldJob[]> {
  return selectLeasedJobs(db, alias);
}

/** The queue of one server: the first `positionMax` jobs that can be claimed, in order, and those it holds. */
export interface ServersQueue {
  readonly waiting: readonly (WaitingJob & Place)[];
  readonly held: readonly HeldJob[];
}

function selectHead(db: Database, alias: string) {
  return db
    .select({
      priority: jobs.priority,
      creationTimestamp: jobs.creationTimestamp,
      id: jobs.mobilesdJobId,
      costMegapixelSteps: jobs.costMegapixelSteps,
      checkpointName: jobs.checkpointName,
    })
    .from(jobs)
    .where(claimable(alias))
    .orderBy(asc(jobs.priority), asc(jobs.creationTimestamp), asc(jobs.mobilesdJobId))
    .limit(LIMITS.positionMax);
}

/** The queues of some servers in one batch, however many jobs are then looked for in them. */
export async function findQueues(
  db: Database,
  aliases: ReadonlySet<string>,
): Promise<Map<string, ServersQueue>> {
  const names = [...aliases];
  const [first, ...more] = names.flatMap((alias) => [
    selectHead(db, alias),
    selectLeasedJobs(db, alias),
  ]);
  if (first === undefined) return new Map();
  const rows: readonly unknown[] = await db.batch([first, ...more]);
  return new Map(
    names.map((alias, at) => {
      const [waiting, held] = rows.slice(2 * at, 2 * at + 2);
      return [alias, { waiting, held } as ServersQueue];
    }),
  );
}
