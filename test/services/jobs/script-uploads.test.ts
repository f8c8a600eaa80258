import { env } from "cloudflare:workers";
import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { pngOf } from "../../support/example-pictures.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const NOWHERE = { upload_id: `upl_${"z".repeat(22)}` };

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const bytes = pngOf(64, 64);
  const upload = async (as = owner.auth) => {
    const headers = { "Content-Length": String(bytes.length) };
    const { body } = await queue.call("POST", "/api/v2/uploads", { as, body: bytes, headers });
    return { upload_id: String(body.upload_id) };
  };
  const submit = (changes: object) => {
    const generation_params = { ...exampleParams(), ...changes };
    const json = { ...exampleJob(agent.alias), generation_params };
    return queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  };
  const uses = async ({ upload_id }: { upload_id: string }) =>
    env.DB.prepare("SELECT use_count AS n FROM uploads WHERE id = ?")
      .bind(upload_id)
      .first<number>("n");
  const countJobs = () =>
    env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE owner_id = ?")
      .bind(owner.id)
      .first<number>("n");
  return { queue, owner, agent, bytes, upload, submit, uses, countJobs };
}

const controlNet = (...images: object[]) => ({
  alwayson_scripts: {
    ControlNet: { args: images.map((image) => ({ module: "reference_only", image })) },
  },
});
const deep = (image: object) => ({
  script: { name: "Prompt matrix", args: [1, { layers: [["text", image]] }] },
});
const masked = (image: object, mask_image: object) => ({
  alwayson_scripts: {
    ControlNet: { args: [{ module: "reference_only", image, mask_image, enabled: false }] },
  },
});

it("refuses a picture that is named inside a script and is not there, by the script's field", async () => {
  const { queue, upload, submit, uses, countJobs } = await open();
  const mine = await upload();
  const theirs = await upload((await newOwner(queue)).auth);
  for (const [changes, field] of [
    [controlNet(mine, NOWHERE), "alwayson_scripts.ControlNet"],
    [controlNet(theirs), "alwayson_scripts.ControlNet"],
    [masked(mine, NOWHERE), "alwayson_scripts.ControlNet"],
    [deep(NOWHERE), "script"],
  ] as const) {
    expect((await submit(changes)).body).toMatchObject({
      status: 400,
      code: "unknown_upload",
      details: [{ field: `generation_params.${field}` }],
    });
  }
  expect(await countJobs()).toBe(0);
  expect(await uses(mine)).toBe(0);
});

it("counts a picture once for each job that names it anywhere, and lets go of it with the job", async () => {
  const { queue, owner, upload, submit, uses } = await open();
  const [one, two] = [await upload(), await upload()];
  const first = await submit({ ...controlNet(one, one, two), ...deep(one) });
  const second = await submit(masked(two, one));
  expect([first.status, second.status]).toEqual([200, 200]);
  expect([await uses(one), await uses(two)]).toEqual([2, 2]);
  const remove = (id: unknown) =>
    queue.call("DELETE", `/api/v1/queue/jobs/${id}`, { as: owner.auth });
  expect((await remove(first.body.mobilesd_job_id)).status).toBe(204);
  expect([await uses(one), await uses(two)]).toEqual([1, 1]);
  await remove(second.body.mobilesd_job_id);
  expect([await uses(one), await uses(two)]).toEqual([0, 0]);
});

it("keeps a picture that a script names from the nightly clean-up, for as long as the job is there", async () => {
  const { queue, owner, upload, submit } = await open();
  const image = await upload();
  const { body } = await submit(deep(image));
  queue.now += 2 * DURATIONS.unusedUploadTtlMs;
  const exists = async () => {
    await queue.prune();
    return (await env.BUCKET.head(`owners/${owner.id}/uploads/${image.upload_id}`)) !== null;
  };
  expect(await exists()).toBe(true);
  await queue.call("DELETE", `/api/v1/queue/jobs/${body.mobilesd_job_id}`, { as: owner.auth });
  expect(await exists()).toBe(false);
});

it("shows a picture that a script names to the agent that holds the job, and only while it does", async () => {
  const { queue, owner, agent, bytes, upload, submit } = await open();
  const [nested, unit] = [await upload(), await upload()];
  await submit({ ...deep(nested), ...controlNet(unit) });
  const other = await newAgent(queue, owner);
  const read = async (image: { upload_id: string }, as = agent.headers) =>
    queue.call("GET", `/api/v1/agent/uploads/${image.upload_id}`, { as });
  expect((await read(nested)).status).toBe(404);
  const lease = await agent.claim();
  for (const image of [nested, unit]) {
    expect((await read(image)).bytes).toEqual(bytes);
    expect((await read(image, other.headers)).status).toBe(404);
  }
  await agent.release(lease);
  expect((await read(nested)).status).toBe(404);
});
