import type { LocalDatabase } from "../../src/local/worker-runtime.ts";

/** Rows of one INSERT: few statements, and each a transaction whose pages fit the memory. */
const ROWS_PER_STATEMENT = 100_000;

/** Columns that a copy has of its own, as SQL over `i`, the number of the copy; the others are the pattern's. */
type OwnColumns = Readonly<Record<string, string>>;

/** Rows from `first` to `last`, both among them. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** Ids that rise with `i` over all of their space, so that new random ones fall between them. */
function idOf({ first, last }: Range): string {
  const step = Math.max(1, Math.floor(0xffffffff / (last - first + 1)));
  return `printf('%08x-0000-4000-8000-%012x', (i - ${first}) * ${step}, i)`;
}

/** A time that rises with `i`, in rows half a minute apart from `startS` (seconds since the epoch) on. */
function timestampOf(startS: number): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', ${startS} + i * 30, 'unixepoch')`;
}

async function copyRow(
  db: LocalDatabase,
  copied: { table: string; pattern: Record<string, unknown>; own: OwnColumns },
  range: Range,
): Promise<void> {
  const columns = Object.keys(copied.pattern);
  const kept = columns.filter((column) => copied.own[column] === undefined);
  const values = columns.map((column) => copied.own[column] ?? `?${kept.indexOf(column) + 1}`);
  const pattern = kept.map((column) => copied.pattern[column]);
  for (let first = range.first; first <= range.last; first += ROWS_PER_STATEMENT) {
    const last = Math.min(range.last, first + ROWS_PER_STATEMENT - 1);
    await db
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${last})
         INSERT INTO ${copied.table} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM n`,
      )
      .bind(...pattern)
      .run();
  }
}

async function readRow(db: LocalDatabase, table: string, jobId: string) {
  const sql = `SELECT * FROM ${table} WHERE mobilesd_job_id = ?`;
  const row = await db.prepare(sql).bind(jobId).first<Record<string, unknown>>();
  if (!row) throw new Error(`Job ${jobId} has no row in ${table}`);
  return row;
}

/** The time before which all history lies: a year's worth of rows fits behind it. */
function historyStartS(): number {
  return Math.floor(Date.now() / 1000) - 400 * 86_400;
}

/**
 * Makes history: copies of a job that really ran, with its picture's row. One job in twenty failed; five
 * owners share four servers, the measured ones among them.
 */
export async function seedHistory(db: LocalDatabase, jobId: string, range: Range): Promise<void> {
  const job = await readRow(db, "jobs", jobId);
  const image = await readRow(db, "images", jobId);
  const id = idOf(range);
  const timestamp = timestampOf(historyStartS());
  const owner = `CASE i % 5 WHEN 0 THEN '${job.owner_id}' ELSE 'own_history' || i % 5 END`;
  const server = `CASE i / 5 % 4 WHEN 0 THEN '${job.target_server_alias}' ELSE 'box' || i / 5 % 4 END`;
  const ofJob: OwnColumns = {
    mobilesd_job_id: id,
    owner_id: owner,
    target_server_alias: server,
    server_alias: server,
    status: "CASE i % 20 WHEN 7 THEN 'failed' ELSE 'completed' END",
    creation_timestamp: timestamp,
    last_updated_timestamp: timestamp,
    started_timestamp: timestamp,
    completion_timestamp: timestamp,
  };
  const ofImage: OwnColumns = { mobilesd_job_id: id, owner_id: owner, created_at: timestamp };
  await copyRow(db, { table: "jobs", pattern: job, own: ofJob }, range);
  await copyRow(db, { table: "images", pattern: image, own: ofImage }, range);
}

/** Puts copies of a waiting job in line before it. */
export async function seedPending(db: LocalDatabase, jobId: string, count: number): Promise<void> {
  const range = { first: 1, last: count };
  const timestamp = timestampOf(historyStartS());
  const own = {
    mobilesd_job_id: idOf(range).replace("-4000-8000-", "-4000-9000-"),
    creation_timestamp: timestamp,
    last_updated_timestamp: timestamp,
  };
  await copyRow(db, { table: "jobs", pattern: await readRow(db, "jobs", jobId), own }, range);
}
