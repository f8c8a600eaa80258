import { env } from "cloudflare:workers";
import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";
import { seedJobs } from "../../support/workerd/seed-jobs.ts";

const PLACE = [
  "queue_position",
  "queue_position_is_minimum",
  "estimated_start_time",
  "estimated_completion_time",
] as const;

type Job = Record<string, unknown>;
const placeOf = (job: Job = {}) => PLACE.map((field) => job[field]);

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const as = owner.auth;
  const submit = async (changes: Parameters<typeof exampleJob>[1] = {}) => {
    queue.now += 1_000;
    const json = exampleJob(agent.alias, changes);
    const { body } = await queue.call("POST", "/api/v2/generate", { as, json });
    return String(body.mobilesd_job_id);
  };
  const list = async (query: string) =>
    (await queue.call<{ jobs: Job[]; total: number }>("GET", `/api/v1/queue/jobs?${query}`, { as }))
      .body;
  const status = async (id: unknown) =>
    (await queue.call("GET", `/api/v1/queue/jobs/${id}/status`, { as })).body;
  return { queue, owner, agent, as, submit, list, status };
}

describe("a list with places", () => {
  it("says of every job what its own status says", async () => {
    const { queue, agent, submit, list, status, owner, as } = await open();
    await submit();
    await agent.finish(await agent.claim());
    await submit({ priority: 1 });
    await agent.start(await agent.claim());
    for (const priority of [9, 5, 2, 5]) await submit({ priority });
    await submit({ not_before: new Date(queue.now + 3_600_000).toISOString(), priority: 4 });
    await agent.claim();
    const other = await newAgent(queue, owner, { isSilent: true });
    const json = exampleJob(other.alias);
    await queue.call("POST", "/api/v2/generate", { as, json });
    queue.now += 5_000;
    const { jobs } = await list("places=true");
    expect(jobs).toHaveLength(8);
    for (const job of jobs) {
      const alone = await status(job.mobilesd_job_id);
      expect(placeOf(job), String(alone.status_reason)).toEqual(placeOf(alone));
      expect([job.status_reason, job.progress]).toEqual([alone.status_reason, alone.progress]);
    }
    const positions = jobs.map((job) => job.queue_position);
    expect(positions.filter((one) => one !== null).length).toBeGreaterThan(4);
  });

  it("is not asked for by default, and is refused in other words", async () => {
    const { submit, list, queue, as } = await open();
    await submit();
    for (const query of ["", "places=false"]) {
      const [job = {}] = (await list(query)).jobs;
      expect(PLACE.filter((field) => field in job)).toEqual([]);
    }
    const path = "/api/v1/queue/jobs?places=yes";
    expect((await queue.call("GET", path, { as })).body).toMatchObject({
      status: 400,
      details: [{ field: "places", choices: ["true", "false"] }],
    });
  });

  it("counts to a hundred and says that there may be more before", async () => {
    const { submit, list, agent, owner, status } = await open();
    await seedJobs(agent, { pending: 150 }, owner.id);
    const last = await submit();
    const [job] = (await list("places=true&limit=1")).jobs;
    expect(job).toMatchObject({
      mobilesd_job_id: last,
      queue_position: LIMITS.positionMax,
      queue_position_is_minimum: true,
    });
    expect(placeOf(job)).toEqual(placeOf(await status(last)));
  });

  it("costs one look at each server's queue, whatever the number of jobs on the page", async () => {
    const { queue, list, agent, owner } = await open();
    await seedJobs(agent, { pending: 300 }, owner.id);
    const cost = async (query: string) => {
      await queue.settle();
      queue.database.startCounting();
      await list(query);
      const { costs, statements } = queue.database;
      return { queries: statements.length, rows: costs.reduce((n, one) => n + one.rowsRead, 0) };
    };
    await cost("limit=1");
    const [plain, one, many] = [
      await cost("limit=200"),
      await cost("limit=1&places=true"),
      await cost("limit=200&places=true"),
    ];
    expect(many.queries).toBe(one.queries);
    expect(many.queries - plain.queries).toBe(1);
    expect(many.rows - plain.rows).toBeLessThanOrEqual(LIMITS.positionMax + 5);
  });
});

describe("a list of open jobs", () => {
  it("finds every one, whatever it waits for, and no other owner's", async () => {
    const { queue, agent, submit, list, owner, as } = await open();
    const done = await submit();
    await agent.finish(await agent.claim());
    const running = await submit();
    await agent.start(await agent.claim());
    const assigned = await submit();
    await agent.claim();
    const later = await submit({ not_before: new Date(queue.now + 3_600_000).toISOString() });
    const limited = await submit({ ttl_seconds: 3600 });
    const waiting = await submit();
    const stranger = await newOwner(queue);
    const json = exampleJob(agent.alias);
    await queue.call("POST", "/api/v2/generate", { as: stranger.auth, json });
    const old = crypto.randomUUID();
    await env.DB.prepare(
      `INSERT INTO jobs (mobilesd_job_id, creation_timestamp, last_updated_timestamp,
         target_server_alias, generation_params_json, owner_id)
       VALUES (?, '2024-05-01T10:00:00.000Z', '2024-05-01T10:00:00.000Z', 'gone', '{}', ?)`,
    )
      .bind(old, owner.id)
      .run();
    const ids = async (query: string) => {
      const { jobs, total } = await list(query);
      expect(total).toBe(jobs.length);
      return jobs.map((job) => job.mobilesd_job_id);
    };
    const pending = [waiting, limited, later, assigned, old];
    expect(await ids("status=pending")).toEqual(pending);
    expect(await ids("status=processing")).toEqual([running]);
    expect(await ids("status=pending,processing&places=true")).toEqual([
      ...pending.slice(0, -1),
      running,
      old,
    ]);
    expect(await ids("status=completed")).toEqual([done]);
    expect(await ids(`status=pending&order=oldest&target_server_alias=${agent.alias}`)).toEqual(
      pending.slice(0, -1).reverse(),
    );
    const page = await queue.call<{ next_cursor: string }>(
      "GET",
      "/api/v1/queue/jobs?status=pending&limit=2",
      { as },
    );
    expect(await list(`status=pending&limit=9&cursor=${page.body.next_cursor}`)).toMatchObject({
      jobs: pending.slice(2).map((mobilesd_job_id) => ({ mobilesd_job_id })),
    });
  });

  it("costs what the queue is long, and not what the history is", async () => {
    await env.DB.prepare("DELETE FROM jobs").run();
    const { queue, list, agent, owner, submit } = await open();
    await submit();
    await agent.start(await agent.claim());
    for (let n = 0; n < 3; n++) await submit();
    const cost = async (query: string) => {
      await queue.settle();
      await list("limit=1");
      queue.database.startCounting();
      await list(query);
      return queue.database.costs.reduce((n, one) => n + one.rowsRead, 0);
    };
    const query = "status=pending,processing&places=true";
    const before = await cost(query);
    await seedJobs(agent, { finished: 2_000 }, owner.id);
    expect(await cost(query)).toBe(before);
    expect(before).toBeLessThan(100);
  });
});
