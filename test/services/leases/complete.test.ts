import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

it("takes a job from submit to a picture with the very bytes", async () => {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const submitted = await queue.call("POST", "/api/v2/generate", {
    as: owner.auth,
    json: exampleJob(agent.alias),
  });
  expect(submitted.body).toMatchObject({ success: true, queue_position: 1 });
  const lease = await agent.claim();
  await agent.finish(lease, "the bytes");
  const status = await queue.call<{ images: { download_url: string }[] }>(
    "GET",
    `/api/v1/queue/jobs/${lease.mobilesd_job_id}/status`,
    { as: owner.auth },
  );
  expect(status.body).toMatchObject({ status: "completed", progress: 100 });
  const url = new URL(status.body.images[0]?.download_url ?? "");
  const file = await queue.call("GET", url.pathname + url.search);
  expect(file.text).toBe("the bytes");
});
