import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { webpOf } from "../../support/example-pictures.ts";
import { exampleImage, manifestOf, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { type Answer, openQueue } from "../../support/workerd/open-queue.ts";

/** Asks again as a client does for as long as the answer says that it may help. */
async function insist<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  let answer = await ask();
  for (let tries = 0; tries < 3 && answer.status === 503; tries++) answer = await ask();
  expect(answer.status, answer.text).toBeLessThan(400);
  return answer;
}

interface Fault {
  readonly at: number;
  readonly mode: "before" | "after";
}

/** One life of a job in which the statement number `at` fails: not done, or done with its answer lost. */
async function live(fault: Fault | null) {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  let executed = 0;
  queue.database.faultOf = () => {
    executed += 1;
    return fault !== null && executed === fault.at ? fault.mode : undefined;
  };
  const submitted = await insist(() =>
    queue.call("POST", "/api/v2/generate", {
      as: owner.auth,
      json: exampleJob(agent.alias),
      headers: { "Idempotency-Key": "one" },
    }),
  );
  const claimId = crypto.randomUUID();
  const { body } = await insist(() => agent.claimRaw(claimId));
  if (body.job === null) throw new Error("the claim found nothing");
  const lease = body.job;
  await insist(() => agent.start(lease));
  await insist(() => agent.heartbeat(lease));
  const [image, preview] = [await exampleImage("image"), await exampleImage("preview", webpOf)];
  await insist(() => agent.putImage(lease, image));
  await insist(() => agent.putImage(lease, preview, { kind: "previews" }));
  const done = await insist(() => agent.complete(lease, [manifestOf(image, 1, preview)]));
  await queue.settle();
  queue.database.faultOf = undefined;
  const id = submitted.body.mobilesd_job_id;
  const count = (table: string) =>
    env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE owner_id = ?`)
      .bind(owner.id)
      .first("n");
  const { body: job } = await queue.call("GET", `/api/v1/queue/jobs/${id}`, { as: owner.auth });
  return {
    executed,
    end: {
      claimed: lease.mobilesd_job_id === id,
      epoch: lease.epoch,
      done: done.body,
      status: job.status,
      attempts: job.attempt_count,
      interruptions: job.interruption_count,
      jobs: await count("jobs"),
      images: await count("images"),
    },
  };
}

it("ends every job the same, once, whichever statement fails, before or after it was done", async () => {
  const calm = await live(null);
  expect(calm.end).toEqual({
    claimed: true,
    epoch: 1,
    done: { status: "completed", status_reason: "done" },
    status: "completed",
    attempts: 1,
    interruptions: 0,
    jobs: 1,
    images: 1,
  });
  expect(calm.executed).toBeGreaterThan(15);
  for (let at = 1; at <= calm.executed; at++) {
    for (const mode of ["before", "after"] as const) {
      expect((await live({ at, mode })).end, `statement ${at} failed ${mode}`).toEqual(calm.end);
    }
  }
}, 120_000);
