import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

it("reaches the job whose time has come behind more finished rows than one sweep looks at", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await seedJobs(agent, { finished: 150 });
  await env.DB.prepare("UPDATE jobs SET wake_at = 1 WHERE target_server_alias = ?")
    .bind(agent.alias)
    .run();
  const not_before = new Date(queue.now + 1_000).toISOString();
  const json = exampleJob(agent.alias, { not_before });
  const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  queue.now += 1_000;
  for (let sweeps = 0; sweeps < 2; sweeps++) await queue.sweep();
  const path = `/api/v1/queue/jobs/${body.mobilesd_job_id}/status`;
  const status = await queue.call("GET", path, { as: owner.auth });
  expect(status.body).toMatchObject({ status: "pending", status_reason: "queued" });
  const watched = await env.DB.prepare(
    "SELECT count(*) AS n FROM jobs WHERE status = 'completed' AND wake_at IS NOT NULL",
  ).first<number>("n");
  expect(watched).toBe(0);
});
