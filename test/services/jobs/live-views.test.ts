import { DURATIONS, type JobStatusView, type ListedJob, type ServerView } from "@mobilesd/contract";
import { expect, it } from "vitest";
import type { HubLook, LiveRun } from "../../../src/domain/hub.ts";
import { noteAgentLeft } from "../../../src/services/agents/note-left.ts";
import { exampleJob } from "../../support/example-job.ts";
import { newAgent } from "../../support/workerd/new-agent.ts";
import { newOwner } from "../../support/workerd/new-owner.ts";
import { openQueue } from "../../support/workerd/open-queue.ts";

async function open() {
  const queue = openQueue();
  const owner = await newOwner(queue);
  const agent = await newAgent(queue, owner);
  const as = owner.auth;
  const submit = async () => {
    queue.now += 1;
    const json = exampleJob(agent.alias);
    const { body } = await queue.call("POST", "/api/v2/generate", { as, json });
    return String(body.mobilesd_job_id);
  };
  const get = async <T>(path: string) =>
    (await queue.call<T>("GET", `/api/v1/${path}`, { as })).body;
  const status = (id: string) => get<JobStatusView>(`queue/jobs/${id}/status`);
  const job = (id: string) => get<ListedJob>(`queue/jobs/${id}`);
  const listed = async (id: string, query = "places=true&limit=200") => {
    const { jobs } = await get<{ jobs: ListedJob[] }>(`queue/jobs?${query}`);
    return jobs.find((one) => one.mobilesd_job_id === id);
  };
  const server = async () => {
    const { servers } = await get<{ servers: ServerView[] }>("servers");
    return servers.find((one) => one.alias === agent.alias);
  };
  /** What the hub of the server knows from now on. */
  const know = (look: Partial<HubLook>) =>
    queue.hubs.looks.set(agent.alias, { isAgentThere: true, box: null, runs: [], ...look });
  return { queue, owner, agent, submit, status, job, listed, server, know };
}

function runOf(lease: { mobilesd_job_id: string; epoch: number }, more: Partial<LiveRun>): LiveRun {
  const { mobilesd_job_id: jobId, epoch } = lease;
  return { jobId, epoch, n: 1, progress: 42, phase: "drawing", endsAt: null, ...more };
}

it("tells of a running job how far it is and when it should end, as its agent last told the hub", async () => {
  const { queue, agent, submit, status, job, listed, know } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  const before = await status(id);
  expect(before).toMatchObject({ status: "processing", progress: 0 });
  const endsAt = queue.now + 7_777;
  know({ runs: [runOf(lease, { endsAt })] });
  const live = { progress: 42, estimated_completion_time: new Date(endsAt).toISOString() };
  expect(await status(id)).toMatchObject(live);
  expect(await listed(id)).toMatchObject(live);
  expect(await job(id)).toMatchObject({ progress: 42 });
  know({ runs: [runOf(lease, { progress: 50 })] });
  const { estimated_completion_time } = before;
  expect(await status(id)).toMatchObject({ progress: 50, estimated_completion_time });
  know({ runs: [runOf(lease, { endsAt: queue.now - 5_000 })] });
  const now = new Date(queue.now).toISOString();
  expect(await status(id)).toMatchObject({ estimated_completion_time: now });
});

it("tells in a list when the next job should start by when the one on the GPU should end", async () => {
  const { queue, agent, submit, listed, know } = await open();
  const [one, two, waits] = [await submit(), await submit(), await submit()];
  const leases = [await agent.claim(), await agent.claim()];
  for (const lease of leases) await agent.start(lease);
  const [uploads, draws] = leases.map((lease) =>
    runOf(lease, { phase: "finishing", progress: 99 }),
  );
  if (!uploads || !draws) throw new Error(`${one} and ${two} run`);
  const endsAt = queue.now + 77_777;
  know({ runs: [uploads, { ...draws, phase: "drawing", endsAt }] });
  const estimated_start_time = new Date(endsAt).toISOString();
  expect(await listed(waits)).toMatchObject({ queue_position: 1, estimated_start_time });
});

it("tells no less of a run than it told before, while its hub knows less or does not answer", async () => {
  const { queue, agent, submit, status, job, listed, server, know } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  know({ runs: [runOf(lease, { progress: 60 })] });
  expect(await status(id)).toMatchObject({ progress: 60 });
  const expectToldTo = async (progress: number) => {
    for (const view of [await status(id), await job(id), await listed(id)]) {
      expect(view).toMatchObject({ status: "processing", progress });
    }
    expect((await server())?.current_job).toMatchObject({ progress });
  };
  know({ runs: [] });
  await expectToldTo(60);
  know({ runs: [runOf(lease, { progress: 12 })] });
  await expectToldTo(60);
  queue.hubs.areAway = true;
  await expectToldTo(60);
  queue.hubs.areAway = false;
  know({ runs: [runOf(lease, { progress: 61 })] });
  await expectToldTo(61);
  await agent.release(lease);
  const again = await agent.claim();
  await agent.start(again);
  know({ runs: [] });
  await expectToldTo(0);
});

it("says of a running job in a list without places that nobody looked how far it is", async () => {
  const { agent, submit, listed, know } = await open();
  const [done, runs, waits] = [await submit(), await submit(), await submit()];
  await agent.finish(await agent.claim());
  const lease = await agent.claim();
  await agent.start(lease);
  know({ runs: [runOf(lease, {})] });
  const plain = async (id: string) => (await listed(id, "limit=200"))?.progress;
  expect([await plain(done), await plain(runs), await plain(waits)]).toEqual([100, null, 0]);
  expect((await listed(runs))?.progress).toBe(42);
});

it("tells no progress of another lease, nor of a job that does not run", async () => {
  const { agent, submit, status, know } = await open();
  const id = await submit();
  const lease = await agent.claim();
  know({ runs: [runOf(lease, {})] });
  expect(await status(id)).toMatchObject({ status: "pending", progress: 0 });
  await agent.start(lease);
  know({ runs: [runOf({ ...lease, epoch: lease.epoch + 1 }, {})] });
  expect(await status(id)).toMatchObject({ status: "processing", progress: 0 });
  await agent.finish(lease);
  know({ runs: [runOf(lease, { progress: 99 })] });
  expect(await status(id)).toMatchObject({ status: "completed", progress: 100 });
});

it("asks a hub once for a list, and not at all where the rows know enough", async () => {
  const { queue, agent, submit, status, listed, know } = await open();
  const ids = [await submit(), await submit(), await submit()];
  know({});
  const { hubs } = queue.hubs;
  let asked = 0;
  const look = hubs.look;
  hubs.look = (alias) => {
    asked += 1;
    return look(alias);
  };
  const looksFor = async (ask: () => Promise<unknown>) => {
    asked = 0;
    await ask();
    return asked;
  };
  expect(await looksFor(() => listed(ids[0] ?? ""))).toBe(0);
  expect(await looksFor(() => status(ids[0] ?? ""))).toBe(0);
  expect(await looksFor(submit)).toBe(0);
  for (let n = 0; n < 2; n++) await agent.start(await agent.claim());
  expect(await looksFor(() => listed(ids[0] ?? ""))).toBe(1);
  expect(await looksFor(() => listed(ids[0] ?? "", "limit=200"))).toBe(0);
  expect(await looksFor(() => listed(ids[2] ?? "", "places=true&status=completed"))).toBe(0);
  queue.now += DURATIONS.serverAbsentAfterMs;
  expect(await looksFor(() => status(ids[2] ?? ""))).toBe(1);
  expect(await looksFor(() => listed(ids[2] ?? "", "status=pending"))).toBe(1);
});

it("takes a box whose socket stands for present although no row has seen it for a day", async () => {
  const { queue, submit, status, server, know } = await open();
  queue.now += 86_400_000;
  const id = await submit();
  expect(await status(id)).toMatchObject({ status_reason: "waiting_for_server" });
  expect(await server()).toMatchObject({ is_present: false, is_connected: false });
  know({});
  const shown = await status(id);
  expect(shown).toMatchObject({ status_reason: "queued" });
  expect(shown).not.toHaveProperty("server_away_since");
  expect(await server()).toMatchObject({ is_present: true, is_connected: true });
});

it("tells since when a box is away that a job waits for, also of one that only its hub had seen", async () => {
  const { queue, agent, submit, status, job, listed, server } = await open();
  const seenAt = queue.now;
  queue.now += DURATIONS.serverAbsentAfterMs;
  const id = await submit();
  const since = new Date(seenAt).toISOString();
  const away = { status_reason: "waiting_for_server", server_away_since: since };
  for (const view of [await status(id), await job(id), await listed(id)]) {
    expect(view).toMatchObject(away);
  }
  expect(await server()).toMatchObject({ last_seen_at: since });
  const leftAt = queue.now + 3_600_000;
  await noteAgentLeft(queue.ctx, agent.alias, leftAt);
  await noteAgentLeft(queue.ctx, agent.alias, seenAt);
  queue.now = leftAt + 60_000;
  const left = new Date(leftAt).toISOString();
  expect(await status(id)).toMatchObject({ server_away_since: left });
  expect(await server()).toMatchObject({ is_present: false, last_seen_at: left });
});

it("tells since when a box is away that broke off in a job, by the last renewal of its lease", async () => {
  const { queue, agent, submit, status } = await open();
  const id = await submit();
  queue.now += DURATIONS.serverAbsentAfterMs;
  const lease = await agent.claim();
  await agent.start(lease);
  queue.now += 30_000;
  await agent.heartbeat(lease);
  const renewedAt = new Date(queue.now).toISOString();
  expect(await status(id)).not.toHaveProperty("server_away_since");
  queue.now += DURATIONS.leaseTtlMs;
  await queue.sweep();
  expect(await status(id)).toMatchObject({
    status_reason: "agent_offline",
    server_away_since: renewedAt,
    estimated_completion_time: null,
  });
});

it("says of a running job that its box is away as soon as the server does, though its lease still holds", async () => {
  const { queue, agent, submit, status, job, listed, server, know } = await open();
  const id = await submit();
  const lease = await agent.claim();
  await agent.start(lease);
  know({ runs: [runOf(lease, { progress: 56, endsAt: queue.now + 9_000 })] });
  expect(await status(id)).toMatchObject({ status_reason: "running", progress: 56 });
  queue.now += 5_000;
  expect(await server()).toMatchObject({ last_seen_at: new Date(queue.now).toISOString() });
  const leftAt = queue.now;
  know({ isAgentThere: false });
  await noteAgentLeft(queue.ctx, agent.alias, leftAt);
  queue.now += 10_000;
  const reason = {
    status: "processing",
    status_reason: "agent_offline",
    server_away_since: new Date(leftAt).toISOString(),
  };
  const outlook = { progress: 56, estimated_completion_time: null };
  expect(await status(id)).toMatchObject({ ...reason, ...outlook });
  expect(await listed(id)).toMatchObject({ ...reason, ...outlook });
  expect(await job(id)).toMatchObject({ ...reason, progress: 56 });
  expect(await listed(id, "limit=200")).toMatchObject(reason);
  expect(await server()).toMatchObject({ is_present: false, current_job: null });
  await queue.settle();
  queue.hubs.tells.splice(0);
  await agent.heartbeat(lease);
  await queue.settle();
  expect(queue.hubs.tells).toEqual([{ alias: agent.alias, news: { hasOrders: true } }]);
  const back = { status_reason: "running", estimated_completion_time: expect.any(String) };
  expect(await status(id)).toMatchObject(back);
  expect(await listed(id, "limit=200")).toMatchObject({ status_reason: "running" });
  queue.now += DURATIONS.leaseTtlMs;
  expect(await status(id)).toMatchObject({ status_reason: "agent_offline" });
  know({});
  expect(await status(id)).toMatchObject(back);
});

it("never says since when of a box that was never there", async () => {
  const { queue, owner, status } = await open();
  const silent = await newAgent(queue, owner, { isSilent: true });
  const json = exampleJob(silent.alias);
  const { body } = await queue.call("POST", "/api/v2/generate", { as: owner.auth, json });
  const shown = await status(String(body.mobilesd_job_id));
  expect(shown).toMatchObject({ status_reason: "waiting_for_server" });
  expect(shown).not.toHaveProperty("server_away_since");
});
