import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { exampleJob } from "../support/example-job.ts";
import { newAgent } from "../support/workerd/new-agent.ts";
import { newOwner } from "../support/workerd/new-owner.ts";
import { openQueue } from "../support/workerd/open-queue.ts";

async function pendingJob() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const { body } = await queue.call("POST", "/api/v2/generate", {
    as: owner.auth,
    json: exampleJob(agent.alias),
  });
  return { queue, owner, agent, id: String(body.mobilesd_job_id) };
}

it.each(["completed", "failed", "cancelled"])(
  "refuses, by the database itself, to let a job leave `%s`",
  async (final) => {
    const { id } = await pendingJob();
    const set = (column: string, value: string | number) =>
      env.DB.prepare(`UPDATE jobs SET ${column} = ? WHERE mobilesd_job_id = ?`)
        .bind(value, id)
        .run();
    await set("status", final);
    for (const other of ["pending", "processing", "completed", "failed", "cancelled"]) {
      if (other !== final) await expect(set("status", other)).rejects.toThrow("stays finished");
    }
    await set("status", final);
    await expect(set("status", "nonsense")).rejects.toThrow();
  },
);

it("refuses, by the database itself, an epoch that goes back", async () => {
  const { id } = await pendingJob();
  const set = (epoch: number) =>
    env.DB.prepare("UPDATE jobs SET epoch = ? WHERE mobilesd_job_id = ?").bind(epoch, id).run();
  await set(3);
  await set(3);
  await expect(set(2)).rejects.toThrow("never goes back");
});
