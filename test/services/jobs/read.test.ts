import { describe, expect, it } from "vitest";
import { exampleJob, exampleParams } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

interface List {
  jobs: Record<string, unknown>[];
  next_cursor: string | null;
  total: number;
  total_is_minimum?: true;
}

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    queue.now += 1_000;
    const json = exampleJob(agent.alias, changes);
    const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    return String(body.mobilesd_job_id);
  };
  const list = (query = "") =>
    queue.call<List>("GET", `/api/v1/queue/jobs${query}`, { as: owner.auth });
  const ids = async (query = "") => (await list(query)).body.jobs.map((job) => job.mobilesd_job_id);
  const status = async (id: string) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as: owner.auth })).body;
  return { queue, owner, agent, submit, list, ids, status };
}

const STATUS_FIELDS = [
  "mobilesd_job_id",
  "app_type",
  "status",
  "status_reason",
  "progress",
  "creation_timestamp",
  "last_updated_timestamp",
  "started_timestamp",
  "completion_timestamp",
  "queue_position",
  "estimated_start_time",
  "estimated_completion_time",
  "target_server_alias",
  "server_alias",
  "generation_params",
  "retry_count",
  "error",
  "warnings",
  "images",
];

describe("the status of a job", () => {
  it("has exactly the fields of the interface, in every status", async () => {
    const { queue, agent, submit, status, owner } = await open();
    const id = await submit();
    const fields = async () => Object.keys(await status(id)).sort();
    const expected = [...STATUS_FIELDS].sort();
    expect(await fields()).toEqual(expected);
    const lease = await agent.claim();
    expect(await fields()).toEqual(expected);
    await agent.start(lease);
    expect(await fields()).toEqual(expected);
    await agent.finish(lease);
    expect(await fields()).toEqual(expected);
    const whole = await queue.call("GET", `/api/v1/queue/jobs/${id}`, { as: owner.auth });
    expect(whole.body).toMatchObject({ priority: 5, tags: [], attempt_count: 1, name: null });
  });

  it("follows a job from the queue to its pictures", async () => {
    const { queue, agent, submit, status } = await open();
    const id = await submit();
    await submit();
    const start = new Date(queue.now).toISOString();
    expect(await status(id)).toMatchObject({
      status: "pending",
      status_reason: "queued",
      progress: 0,
      queue_position: 1,
      estimated_start_time: start,
      estimated_completion_time: expect.any(String),
      server_alias: null,
      images: [],
      generation_params: { ...exampleParams(), scheduler: "karras" },
    });
    const lease = await agent.claim();
    expect(await status(id)).toMatchObject({
      status: "pending",
      status_reason: "assigned",
      queue_position: 1,
      server_alias: agent.alias,
    });
    await agent.start(lease);
    const running = await status(id);
    expect(running).toMatchObject({
      status: "processing",
      status_reason: "running",
      progress: 0,
      queue_position: null,
      estimated_start_time: null,
      started_timestamp: start,
    });
    expect(Date.parse(String(running.estimated_completion_time))).toBeGreaterThan(queue.now);
    queue.now += 3_600_000;
    await agent.heartbeat(lease);
    expect((await status(id)).estimated_completion_time).toBe(new Date(queue.now).toISOString());
    await agent.finish(lease);
    expect(await status(id)).toMatchObject({
      status: "completed",
      progress: 100,
      completion_timestamp: new Date(queue.now).toISOString(),
      estimated_completion_time: null,
      images: [
        {
          name: `${id}_00001.png`,
          preview_url: expect.stringContaining(`/api/v1/images/preview/${id}_00001.png?expires=`),
          download_url: expect.stringContaining(`/api/v1/images/download/${id}_00001.png?expires=`),
          width: 512,
          height: 768,
          seed: 42,
          infotext: "a lighthouse at dusk\nSteps: 20",
        },
      ],
    });
  });

  it("finds the running job for its estimate, however many wait for a time of their own", async () => {
    const { queue, agent, submit, owner } = await open();
    await submit();
    await agent.start(await agent.claim());
    await seedJobs(agent, { later: 20 }, owner.id);
    const json = exampleJob(agent.alias);
    const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
    expect(Date.parse(String(body.estimated_start_time))).toBeGreaterThan(queue.now);
  });
});

it("says of a job that its agent has taken that it is the next, whatever came in before it", async () => {
  const { queue, agent, submit, status, owner } = await open();
  const id = await submit({ priority: 10 });
  await agent.claim();
  await seedJobs(agent, { pending: 150 }, owner.id);
  const taken = await status(id);
  expect(taken).toMatchObject({ status_reason: "assigned", queue_position: 1 });
  expect(taken.queue_position_is_minimum).toBeUndefined();
  expect(taken.estimated_start_time).toBe(new Date(queue.now).toISOString());
});

describe("the list of jobs", () => {
  it("is newest first, or oldest, and pages without losing or repeating one", async () => {
    const { submit, list, ids, queue } = await open();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push(await submit());
    // Two of one moment, told apart by their ids.
    queue.now -= 1_000;
    made.push(await submit());
    const newest = await ids();
    expect(await ids("?order=oldest")).toEqual([...newest].reverse());
    expect(new Set(newest)).toEqual(new Set(made));
    for (const order of ["newest", "oldest"]) {
      const paged: unknown[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
        const { body } = await list(`?order=${order}&limit=2${more}`);
        expect(body.total).toBe(6);
        paged.push(...body.jobs.map((job) => job.mobilesd_job_id));
        cursor = body.next_cursor;
      }
      expect(paged).toEqual(order === "newest" ? newest : [...newest].reverse());
    }
  });

  it("filters by each of its words", async () => {
    const { submit, ids, agent, queue, owner } = await open();
    const plain = await submit();
    const since = new Date(queue.now + 1).toISOString();
    const special = await submit({
      group_id: "g1",
      source_info: "phone",
      name: "My Näme",
      generation_params: exampleParams({ positive_prompt: 'A "100%" CAT_' }),
    });
    const cancelled = await submit();
    await queue.call("POST", `/api/v1/queue/jobs/${cancelled}/cancel`, { as: owner.auth });
    expect(await ids("?group_id=g1")).toEqual([special]);
    expect(await ids("?source_info=phone")).toEqual([special]);
    expect(await ids("?q=cat_")).toEqual([special]);
    expect(await ids("?q=100%25")).toEqual([special]);
    expect(await ids("?q=my%20n")).toEqual([special]);
    expect(await ids("?q=dog")).toEqual([]);
    expect(await ids(`?since=${encodeURIComponent(since)}`)).toEqual([cancelled, special]);
    expect(await ids(`?target_server_alias=${agent.alias}&app_type=forge`)).toHaveLength(3);
    expect(await ids("?target_server_alias=other")).toEqual([]);
    expect(await ids("?status=pending,processing")).toEqual([special, plain]);
    expect(await ids("?status=cancelled")).toEqual([cancelled]);
    expect(await ids("?status=failed")).toEqual([]);
  });

  it("counts truly up to a thousand, and then says that there are more", async () => {
    const { agent, list, owner } = await open();
    await seedJobs(agent, { finished: 1_000 }, owner.id);
    const { body } = await list("?limit=1");
    expect([body.total, body.total_is_minimum]).toEqual([1_000, undefined]);
    await seedJobs(agent, { pending: 5 }, owner.id);
    expect((await list("?limit=1")).body).toMatchObject({ total: 1_000, total_is_minimum: true });
    expect((await list("?limit=1&status=pending")).body).toMatchObject({ total: 5 });
  });

  it.each([
    "cursor=junk",
    "cursor=2026_x",
    "cursor=%27%3B--_1",
    "cursor=",
    "limit=0",
    "limit=201",
    "limit=x",
    "status=done",
    "status=",
    "order=random",
    "since=yesterday",
    "nonsense=1",
    "target_server_alias=%2e%2e%2f",
    `q=${"x".repeat(201)}`,
  ])("refuses ?%s by the name of the word", async (query) => {
    const { list } = await open();
    const { body } = await list(`?${query}`);
    expect(body).toMatchObject({
      status: 400,
      code: "invalid_request",
      details: [{ field: expect.stringContaining(query.split("=")[0] ?? "") }],
    });
  });
});
