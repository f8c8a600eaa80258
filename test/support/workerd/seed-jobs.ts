import { env } from "cloudflare:workers";
import { exampleParams } from "../example-job.ts";
import type { TestAgent } from "./new-agent.ts";

/**
 * Puts many jobs of a server into the database in one statement each: `pending` ones that were made
 * before any other, `finished` ones as history, `later` ones that wait for a time of their own.
 */
export async function seedJobs(
  agent: TestAgent,
  counts: { pending?: number; finished?: number; later?: number },
  ownerId = `own_of_${agent.alias}`,
): Promise<void> {
  const params = JSON.stringify({ ...exampleParams(), scheduler: "karras" });
  const kinds = [
    { count: counts.pending ?? 0, status: "pending", hold: null, wakeAt: null },
    { count: counts.finished ?? 0, status: "completed", hold: null, wakeAt: null },
    {
      count: counts.later ?? 0,
      status: "pending",
      hold: "not_before",
      wakeAt: agent.queue.now + 60_000,
    },
  ];
  for (const { count, status, hold, wakeAt } of kinds) {
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO jobs (mobilesd_job_id, status, creation_timestamp, last_updated_timestamp,
         target_server_alias, generation_params_json, owner_id, hold_reason, wake_at, not_before,
         checkpoint_name, cost_megapixel_steps)
       SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
         || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
         ?2, '2026-11-01T' || printf('%02d:%02d:%02d.000Z', i / 3600, i / 60 % 60, i % 60),
         '2026-11-01T00:00:00.000Z', ?3, ?4, ?5, ?6, ?7, ?7, ?8, 1 FROM n WHERE ?1 > 0`,
    )
      .bind(
        count,
        status,
        agent.alias,
        params,
        ownerId,
        hold,
        wakeAt,
        "Pony/cyberrealisticPony_v8.safetensors",
      )
      .run();
  }
}
