import { and, asc, eq, gt, isNull, notExists, or, sql } from "drizzle-orm";
import { type Database, toTimestamp } from "./database.ts";
import type { JobRow } from "./jobs.ts";
import { claimable, leased } from "./queue.ts";
import { jobs, servers } from "./schema.ts";
import type { ServerRow } from "./servers.ts";

export interface NewLease {
  readonly leaseHash: string;
  readonly leaseUntil: number;
  readonly claimId: string;
  readonly sessionId: string;
}

export interface ClaimOutcome {
  /** Undefined: nothing can be claimed. */
  readonly job: JobRow | undefined;
  /** Whether an earlier answer to the same claim granted it: nothing was written now. */
  readonly isRepeated: boolean;
  /** Whether another job could be claimed right after it. */
  readonly hasMore: boolean;
  /** Undefined: there is no such server. */
  readonly server: ServerRow | undefined;
}

/** What nobody holds and is not too late. In the claim's order, where one is wanted. */
const takeable = (alias: string, now: number) =>
  and(claimable(alias), isNull(jobs.leaseHash), or(isNull(jobs.startBy), gt(jobs.startBy, now)));

/** The job that an earlier answer to the same claim granted, while its lease holds. */
const claimedBy = (alias: string, { sessionId, claimId }: NewLease) =>
  and(leased(alias), eq(jobs.agentSessionId, sessionId), eq(jobs.claimId, claimId));

/**
 * Grants a lease on the next job of a server in one conditional statement, so that two agents can never
 * hold the same job, nor one whose session a newer one has replaced, nor any while the server takes none.
 * The same claim again finds what it was granted. All in one round trip.
 */
export async function claimNextJob(
  db: Database,
  alias: string,
  lease: NewLease,
  now: number,
): Promise<ClaimOutcome> {
  const next = db
    .select({ id: jobs.mobilesdJobId })
    .from(jobs)
    .where(takeable(alias, now))
    .orderBy(asc(jobs.priority), asc(jobs.creationTimestamp), asc(jobs.mobilesdJobId))
    .limit(1);
  const mayTake = sql`EXISTS (SELECT 1 FROM ${servers} WHERE ${servers.alias} = ${alias}
    AND ${servers.sessionId} = ${lease.sessionId} AND ${servers.mode} = 'active')`;
  const [repeated, granted, more, found] = await db.batch([
    db.select().from(jobs).where(claimedBy(alias, lease)),
    db
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
      .where(
        and(
          eq(jobs.mobilesdJobId, next),
          eq(jobs.status, "pending"),
          isNull(jobs.leaseHash),
          mayTake,
          notExists(
            db.select({ id: jobs.mobilesdJobId }).from(jobs).where(claimedBy(alias, lease)),
          ),
        ),
      )
      .returning(),
    db.select({ one: sql`1` }).from(jobs).where(takeable(alias, now)).limit(1),
    db.select().from(servers).where(eq(servers.alias, alias)),
  ]);
  const server = found[0];
  return {
    job: repeated[0] ?? granted[0],
    isRepeated: repeated.length > 0,
    hasMore: server?.mode === "active" && more.length > 0,
    server,
  };
}
