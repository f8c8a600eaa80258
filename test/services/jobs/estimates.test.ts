import { expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { exampleImage, manifestOf, newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

const GENERATION_MS = 3_000;

/** A server that takes any name, and whose clock stands while its jobs run. */
async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner, { isSilent: true });
  await agent.hello();
  const submit = async (checkpoint_name: string, changes: object = {}) => {
    queue.now += 1;
    const generation_params = { ...exampleParams(), checkpoint_name, ...changes };
    const json = { ...exampleJob(agent.alias), generation_params };
    const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    const status = await queue.call("GET", `/api/v1/queue/jobs/${body.mobilesd_job_id}/status`, {
      as: owner.auth,
    });
    const msOf = (time: unknown) => Date.parse(String(time)) - queue.now;
    return {
      startMs: msOf(body.estimated_start_time),
      shownStartMs: msOf(status.body.estimated_start_time),
      completionMs: msOf(status.body.estimated_completion_time),
    };
  };
  /** Runs the next job to its end, and says how long its model took to load. */
  const live = async (checkpoint: string, model_load_ms: number, changes: object = {}) => {
    await submit(checkpoint, changes);
    const lease = await agent.claim();
    await agent.start(lease);
    const image = await exampleImage("x");
    await agent.putImage(lease, image);
    const timing = { generation_ms: GENERATION_MS, model_load_ms };
    const done = await agent.complete(lease, [manifestOf(image)], timing);
    expect(done.status, done.text).toBe(200);
    await queue.settle();
  };
  return { submit, live };
}

it("tells a start and an end by how long each checkpoint takes to load on that very box", async () => {
  const { submit, live } = await open();
  await live("small", 2_000);
  await live("large", 20_000);
  const first = await submit("small");
  expect(first).toEqual({ startMs: 0, shownStartMs: 0, completionMs: 2_000 + GENERATION_MS });
  const behind = await submit("large");
  const startMs = 2_000 + GENERATION_MS;
  const large = { startMs, shownStartMs: startMs, completionMs: startMs + 20_000 + GENERATION_MS };
  expect(behind).toEqual(large);
  const same = await submit("large");
  expect(same.startMs).toBe(large.completionMs);
  expect(same.completionMs).toBe(large.completionMs + GENERATION_MS);
});

it("takes the mean of those that it knows for a checkpoint that it never loaded", async () => {
  const { submit, live } = await open();
  await live("small", 2_000);
  await live("large", 20_000);
  // The mean moves by three tenths towards the newest.
  expect((await submit("new")).completionMs).toBe(2_000 + 0.3 * 18_000 + GENERATION_MS);
});

it("learns nothing of a load from a job whose model was there already", async () => {
  const { submit, live } = await open();
  await live("small", 2_000);
  await live("small", 0);
  expect((await submit("small")).completionMs).toBe(2_000 + GENERATION_MS);
});

it("learns no load time of a checkpoint from a job that loaded others beside it", async () => {
  const { submit, live } = await open();
  await live("small", 2_000);
  await live("small", 60_000, { refiner: { checkpoint_name: "large", switch_at: 0.8 } });
  expect((await submit("small")).completionMs).toBe(2_000 + GENERATION_MS);
});

it("counts the second pass of a hires fix by its own size and steps", async () => {
  const { submit, live } = await open();
  await live("small", 2_000);
  const { completionMs } = await submit("small", { hires: { scale: 2, steps: 10 } });
  expect(completionMs).toBe(2_000 + GENERATION_MS + (4 * GENERATION_MS) / 2);
});

it("tells a time whatever a checkpoint is called", async () => {
  const { submit, live } = await open();
  await live("__proto__", 7_000);
  expect((await submit("__proto__")).completionMs).toBe(7_000 + GENERATION_MS);
  expect((await submit("constructor")).startMs).toBe(7_000 + GENERATION_MS);
});
