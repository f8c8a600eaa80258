import { LIMITS, type ListJobsQuery } from "@mobilesd/contract";
import { and, asc, desc, eq, gt, gte, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import type { JobRow } from "./jobs.ts";
import { jobs } from "./schema.ts";

export interface Cursor {
  readonly creationTimestamp: string;
  readonly id: string;
}

/** A condition for a filter that was given, none for one that was not. */
function given<T>(value: T | undefined, condition: (value: T) => SQL | undefined) {
  return value === undefined ? undefined : condition(value);
}

/** What the rows of a list are chosen by. */
type ListFilter = Omit<ListJobsQuery, "places">;

/**
 * Whose jobs. A list of none but open ones is found by the two small indexes that hold every open job, so
 * that it costs what the queue is long and not what the history is; the `+` keeps the owner's index out.
 */
function ownedBy(ownerId: string, statuses: ListJobsQuery["status"]): SQL | undefined {
  const isOpen = (status: string) => status === "pending" || status === "processing";
  if (!statuses?.every(isOpen)) return eq(jobs.ownerId, ownerId);
  return sql`+${jobs.ownerId} = ${ownerId} AND ${jobs.mobilesdJobId} IN (
    SELECT mobilesd_job_id FROM jobs INDEXED BY jobs_claimable
      WHERE status = 'pending' AND hold_reason IS NULL
    UNION ALL SELECT mobilesd_job_id FROM jobs INDEXED BY jobs_to_wake WHERE wake_at IS NOT NULL)`;
}

function filterOf(query: ListFilter, ownerId: string): SQL | undefined {
  return and(
    ownedBy(ownerId, query.status),
    given(query.status, (statuses) => inArray(jobs.status, statuses)),
    given(query.app_type, (appType) => eq(jobs.appType, appType)),
    given(query.target_server_alias, (alias) => eq(jobs.targetServerAlias, alias)),
    given(query.group_id, (groupId) => eq(jobs.groupId, groupId)),
    given(query.source_info, (source) => eq(jobs.sourceInfo, source)),
    given(query.since, (since) => gte(jobs.creationTimestamp, new Date(since).toISOString())),
    given(query.q?.toLowerCase(), (text) =>
      or(
        // Rows of the old schema may hold anything.
        sql`CASE WHEN json_valid(${jobs.generationParamsJson}) THEN
          instr(lower(json_extract(${jobs.generationParamsJson}, '$.positive_prompt')), ${text}) > 0 END`,
        sql`instr(lower(coalesce(${jobs.name}, '')), ${text}) > 0`,
      ),
    ),
  );
}

/** One page of an owner's jobs, one row more than asked where there is a next page, and the bounded total. */
export async function listJobs(
  db: Database,
  ownerId: string,
  query: ListFilter,
  cursor: Cursor | null,
): Promise<{ rows: JobRow[]; total: number }> {
  const filter = filterOf(query, ownerId);
  const beyond = query.order === "newest" ? lt : gt;
  const direction = query.order === "newest" ? desc : asc;
  const afterCursor =
    cursor &&
    or(
      beyond(jobs.creationTimestamp, cursor.creationTimestamp),
      and(
        eq(jobs.creationTimestamp, cursor.creationTimestamp),
        beyond(jobs.mobilesdJobId, cursor.id),
      ),
    );
  const page = db
    .select()
    .from(jobs)
    .where(and(filter, afterCursor ?? undefined))
    .orderBy(direction(jobs.creationTimestamp), direction(jobs.mobilesdJobId))
    .limit(query.limit + 1);
  const counted = db
    .select({ one: sql`1` })
    .from(jobs)
    .where(filter)
    .limit(LIMITS.listTotalMax + 1)
    .as("counted");
  const count = db.select({ total: sql<number>`count(*)` }).from(counted);
  const [rows, totals] = await db.batch([page, count]);
  return { rows, total: totals[0]?.total ?? 0 };
}
