import { DURATIONS, LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  await queue.call("POST", "/api/v2/generate", { as: owner.auth, json: exampleJob(agent.alias) });
  const run = async () => {
    const lease = await agent.claim();
    await agent.start(lease);
    return { lease, id: lease.mobilesd_job_id };
  };
  const get = async (path: string) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${path}`, { as: owner.auth })).body;
  return { queue, agent, run, get };
}

describe("a failed run", () => {
  it("tells its user and the owner of the box each a sentence, until the next run starts", async () => {
    const { queue, agent, run, get } = await open();
    const failure = {
      reason: "bad_model_file",
      message: "The model cannot be read",
      owner_message: "Download it again",
      field: "checkpoint_name",
    };
    const { lease, id } = await run();
    const { reason: code, ...sentences } = failure;
    const error = { code, ...sentences };
    const shown = async () => [(await get(`${id}/status`)).error, (await get(id)).error];
    await agent.fail(lease, { kind: "infra", ...failure });
    expect(await shown()).toEqual([error, error]);
    queue.now += DURATIONS.retryMaxMs;
    await queue.sweep();
    expect(await shown()).toEqual([error, error]);
    const next = await agent.claim();
    expect(await shown()).toEqual([error, error]);
    await agent.start(next);
    expect(await shown()).toEqual([null, null]);
    await agent.finish(next);
    expect(await shown()).toEqual([null, null]);
  });

  it("says no more than it was told", async () => {
    const { agent, run, get } = await open();
    const { lease, id } = await run();
    await agent.fail(lease, { kind: "user", reason: "invalid_job", message: "no" });
    expect((await get(`${id}/status`)).error).toEqual({ code: "invalid_job", message: "no" });
  });

  it("that is poison keeps what was said of its last run", async () => {
    const { queue, agent, run, get } = await open();
    const died = {
      kind: "forge_died",
      reason: "forge_hung",
      message: "No step in two minutes.",
      owner_message: "Look at the box's memory",
      field: "width",
    };
    await agent.fail((await run()).lease, died);
    queue.now += DURATIONS.retryMaxMs;
    await queue.sweep();
    const { lease, id } = await run();
    await agent.fail(lease, died);
    expect((await get(`${id}/status`)).error).toEqual({
      code: "poison",
      message: "Forge died or hung 2 times during this job. No step in two minutes.",
      owner_message: "Look at the box's memory",
      field: "width",
    });
  });

  it.each([
    [{ reason: "of its own" }, "reason"],
    [{ message: "x".repeat(LIMITS.errorMessageCharsMax + 1) }, "message"],
    [{ owner_message: "x".repeat(LIMITS.errorMessageCharsMax + 1) }, "owner_message"],
    [{ field: "x".repeat(LIMITS.fieldCharsMax + 1) }, "field"],
    [{ host_path: "/home/me" }, "host_path"],
  ])("is refused by field with %j, and the job runs on", async (odd, field) => {
    const { agent, run, get } = await open();
    const { lease, id } = await run();
    const answer = await agent.fail(lease, { kind: "user", ...odd });
    expect(answer.body).toMatchObject({ status: 400, details: [{ field }] });
    expect(await get(`${id}/status`)).toMatchObject({ status: "processing" });
  });
});
