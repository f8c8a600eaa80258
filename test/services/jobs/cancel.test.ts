import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { exampleImage, manifestOf, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const { body } = await queue.call("POST", "/api/v2/generate", {
    as: owner.auth,
    json: exampleJob(agent.alias),
  });
  const id = String(body.mobilesd_job_id);
  const cancel = () => queue.call("POST", `/api/v1/queue/jobs/${id}/cancel`, { as: owner.auth });
  const status = async () =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  return { queue, owner, agent, id, cancel, status };
}

it("cancels a waiting job at once, and answers the same when asked again", async () => {
  const { id, cancel, status, agent } = await open();
  const answer = await cancel();
  expect(answer.body).toEqual({
    success: true,
    mobilesd_job_id: id,
    status: "cancelled",
    status_reason: "user_cancelled",
  });
  expect((await cancel()).body).toEqual(answer.body);
  expect(await status()).toMatchObject({ status: "cancelled", queue_position: null });
  expect((await agent.claimRaw()).body.job).toBe(null);
});

it("cancels an assigned job at once, and its holder hears of it", async () => {
  const { agent, cancel } = await open();
  const lease = await agent.claim();
  expect((await cancel()).body).toMatchObject({ status: "cancelled" });
  expect((await agent.start(lease)).body).toMatchObject({ code: "job_cancelled" });
});

it("tells the agent of a running job by its next heartbeat, and ends when the agent lets go", async () => {
  const { queue, agent, cancel, status } = await open();
  const lease = await agent.claim();
  await agent.start(lease);
  expect((await agent.heartbeat(lease)).body).toMatchObject({ cancel: false });
  const answer = await cancel();
  expect(answer.body).toMatchObject({ status: "processing", status_reason: "cancelling" });
  expect((await cancel()).body).toEqual(answer.body);
  await queue.settle();
  expect(queue.wakes).toEqual([]);
  expect((await agent.heartbeat(lease)).body).toMatchObject({ cancel: true });
  expect((await agent.release(lease, { reason: "cancelled" })).body).toMatchObject({
    status: "cancelled",
  });
  expect(await status()).toMatchObject({ status: "cancelled", images: [] });
});

it("never completes a job after an acknowledged cancel", async () => {
  const { agent, cancel, status } = await open();
  const lease = await agent.claim();
  await agent.start(lease);
  const image = await exampleImage("late");
  await agent.putImage(lease, image);
  await cancel();
  const late = await agent.complete(lease, [manifestOf(image)]);
  expect(late.body).toMatchObject({ status: 409, code: "job_cancelled" });
  expect(await status()).toMatchObject({ status: "cancelled", images: [] });
  expect((await agent.complete(lease, [manifestOf(image)])).body).toMatchObject({
    code: "job_cancelled",
  });
});

it("forces a cancel that the agent does not answer, and not before its grace is over", async () => {
  const { queue, agent, cancel, status } = await open();
  const lease = await agent.claim();
  await agent.start(lease);
  await cancel();
  queue.now += DURATIONS.cancelGraceMs - 1;
  await queue.sweep();
  expect(await status()).toMatchObject({ status: "processing" });
  queue.now += 1;
  await queue.sweep();
  expect(await status()).toMatchObject({ status: "cancelled", status_reason: "user_cancelled" });
  expect((await agent.heartbeat(lease)).body).toMatchObject({ code: "job_cancelled" });
});

it("forces it in time even when a renewal that had not seen it comes after it", async () => {
  const { queue, agent, cancel, status } = await open();
  const lease = await agent.claim();
  await agent.start(lease);
  queue.now += DURATIONS.leaseRenewAfterMs;
  // The heartbeat has read the row; before it writes, the cancel comes.
  let isCancelled = false;
  const prepared = queue.database;
  const cancelled = new Promise<void>((resolve) => {
    prepared.pauseBefore = async (sql) => {
      if (isCancelled || !sql.includes('"lease_until" = ?')) return;
      isCancelled = true;
      await cancel();
      resolve();
    };
  });
  await agent.heartbeat(lease);
  await cancelled;
  queue.now += DURATIONS.cancelGraceMs;
  await queue.sweep();
  expect(await status()).toMatchObject({ status: "cancelled" });
});

it("answers for a job that ended otherwise that it is finished", async () => {
  const { agent, cancel } = await open();
  await agent.finish(await agent.claim());
  expect((await cancel()).body).toMatchObject({ status: 409, code: "already_finished" });
});

it("is one of cancelled and completed, never both, when both come at once", async () => {
  for (let round = 0; round < 10; round++) {
    const { agent, cancel, status } = await open();
    const lease = await agent.claim();
    await agent.start(lease);
    const image = await exampleImage(`race ${round}`);
    await agent.putImage(lease, image);
    const [done, stopped] = await Promise.all([
      agent.complete(lease, [manifestOf(image)]),
      cancel(),
    ]);
    const final = await status();
    if (done.status === 200) {
      expect(final).toMatchObject({ status: "completed" });
      expect(stopped.body).toMatchObject({ code: "already_finished" });
    } else {
      expect(stopped.status).toBe(200);
      expect(final.status).not.toBe("completed");
      expect(final.images).toEqual([]);
    }
  }
});
