/** Routes that do nothing, or but what the platform itself must do for a submit or an upload. */
import { Hono } from "hono";
import type { BareSubmit } from "../bare-submit.ts";

export interface BareBindings {
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
}

const AHEAD = `SELECT cost_megapixel_steps, checkpoint_name FROM jobs
  WHERE target_server_alias = ? AND status = 'pending' AND hold_reason IS NULL
  ORDER BY priority, creation_timestamp, mobilesd_job_id LIMIT ?`;

function insertOf(db: D1Database, table: string, row: BareSubmit["job"]): D1PreparedStatement {
  const columns = Object.keys(row);
  const marks = columns.map(() => "?").join(", ");
  const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`;
  return db.prepare(sql).bind(...Object.values(row));
}

export const bare = new Hono<{ Bindings: BareBindings }>();

bare.get("/bench/nothing", (c) => c.body(null, 204));

bare.post("/bench/submit", async (c) => {
  const { calls, ahead, alias, job, record } = await c.req.json<BareSubmit>();
  const { DB } = c.env;
  const reads = Math.max(0, calls - 1);
  for (let read = 0; read < reads; read++) {
    const statement =
      read === 0 && ahead > 0
        ? DB.prepare(AHEAD).bind(alias, ahead)
        : DB.prepare("SELECT * FROM servers WHERE alias = ?").bind(alias);
    await statement.all();
  }
  const id = crypto.randomUUID();
  await DB.batch([
    insertOf(DB, "jobs", { ...job, mobilesd_job_id: id }),
    insertOf(DB, "idempotency_records", { ...record, key: id }),
  ]);
  return c.json({ success: true, mobilesd_job_id: id });
});

bare.put("/bench/stream/:key", async (c) => {
  await c.env.BUCKET.put(`bench/${c.req.param("key")}`, c.req.raw.body);
  return c.body(null, 204);
});

bare.put("/bench/buffer/:key", async (c) => {
  await c.env.BUCKET.put(`bench/${c.req.param("key")}`, await c.req.raw.arrayBuffer());
  return c.body(null, 204);
});
