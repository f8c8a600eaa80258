import { and, eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { jobs } from "./schema.ts";

/** The owner of a job that a session of a server runs under this epoch; undefined: it does not. */
export async function findRunOwner(
  db: Database,
  alias: string,
  run: { readonly jobId: string; readonly epoch: number; readonly sessionId: string },
): Promise<string | undefined> {
  const row = await db
    .select({ ownerId: jobs.ownerId })
    .from(jobs)
    .where(
      and(
        eq(jobs.mobilesdJobId, run.jobId),
        eq(jobs.targetServerAlias, alias),
        eq(jobs.epoch, run.epoch),
        eq(jobs.agentSessionId, run.sessionId),
        eq(jobs.status, "processing"),
      ),
    )
    .get();
  return row?.ownerId ?? undefined;
}
