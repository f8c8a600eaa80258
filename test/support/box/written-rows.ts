import type { RunningWorker } from "../../../src/local/worker-runtime.ts";

/** The rows that were written since this was last asked, by table; what was not written is not named. */
export type TakeWrites = () => Promise<Record<string, number>>;

const COUNTS = "test_written_rows";

/**
 * Counts every row that is written, whoever does it and also where nothing changes by it, with triggers in the
 * database itself. It goes on when the runtime is killed.
 */
export async function countWrittenRows(worker: RunningWorker): Promise<TakeWrites> {
  const db = await worker.db();
  const { results } = await db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_cf_*'")
    .all<{ name: string }>();
  const tables = results.map(({ name }) => name).filter((name) => !name.startsWith("sqlite_"));
  await db.batch([
    db.prepare(`CREATE TABLE ${COUNTS} (name TEXT PRIMARY KEY, rows INTEGER NOT NULL)`),
    ...tables.flatMap((table) =>
      ["INSERT", "UPDATE", "DELETE"].map((verb) =>
        db.prepare(`CREATE TRIGGER ${COUNTS}_${table}_${verb} AFTER ${verb} ON ${table} BEGIN
          INSERT INTO ${COUNTS} VALUES ('${table}', 1) ON CONFLICT DO UPDATE SET rows = rows + 1;
        END`),
      ),
    ),
  ]);
  return async () => {
    // A handle dies with the runtime, so it is asked for anew.
    const now = await worker.db();
    const [read] = await now.batch<{ name: string; rows: number }>([
      now.prepare(`SELECT name, rows FROM ${COUNTS}`),
      now.prepare(`DELETE FROM ${COUNTS}`),
    ]);
    return Object.fromEntries((read?.results ?? []).map(({ name, rows }) => [name, rows]));
  };
}
