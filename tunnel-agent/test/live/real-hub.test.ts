import { randomUUID } from "node:crypto";
import type { LeaseGrant } from "@mobilesd/contract";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { FAST } from "../../../test/support/box/durations.ts";
import { ALIAS, type Queue, startQueue } from "../../../test/support/box/queue.ts";
import { until } from "../../../test/support/box/until.ts";
import { watchServer } from "../../../test/support/box/watcher.ts";
import { EXAMPLE_CATALOGUE } from "../../../test/support/example-catalogue.ts";
import { createCloud } from "../../src/cloud/client.ts";
import { createImageThread } from "../../src/images/image-thread.ts";
import { createHubLink } from "../../src/live/hub-link.ts";
import { createRunTeller } from "../../src/live/run-teller.ts";
import { keptLog } from "./kept-log.ts";

const never = new AbortController().signal;
const now = () => performance.now();

let queue: Queue;
beforeAll(async () => {
  queue = await startQueue({ leaseTtlMs: 60_000 });
});
afterAll(() => queue.stop());

/** An agent of the queue's server that was greeted: its cloud and its link, whose socket stands. */
async function greet() {
  let sessionId: string | null = null;
  const { key, secret } = queue.agentKey;
  const shared = { url: queue.worker.url, key, secret, random: () => 0.5 };
  const cloud = createCloud({ ...shared, sessionId: () => sessionId, onRetry: () => {} });
  const { session_id } = await cloud.once("hello", {
    body: {
      agent_version: "test",
      forge: { flavour: "demo", version: null },
      gpu: { name: null, vram_bytes: null },
      catalogue_sha256: null,
    },
  });
  sessionId = session_id;
  await cloud.once("putCatalogue", { body: EXAMPLE_CATALOGUE });
  const link = createHubLink({ ...shared, durations: () => FAST, now, log: keptLog() });
  onTestFinished(link.close);
  link.open(session_id);
  const mode = await until("the socket stands and the mode is told", () => link.takeMode());
  return { cloud, link, mode };
}

/** The same with a job that runs. */
async function begin() {
  const { cloud, link } = await greet();
  const id = await queue.submit();
  const body = { claim_id: randomUUID(), loaded_checkpoint: null, is_connected: true };
  const lease = await until("a job", async () => (await cloud.once("claimJob", { body })).job);
  const proof = { epoch: lease.epoch, lease_token: lease.lease_token };
  const start = { ...proof, forge_task_id: "task(1)" };
  await cloud.once("startJob", { params: { id }, body: start });
  const release = (reason: "drain" | "cancelled") =>
    cloud.once("releaseJob", { params: { id }, body: { ...proof, reason } });
  return { cloud, link, lease, id, release };
}

const heartbeat = (cloud: Awaited<ReturnType<typeof greet>>["cloud"], lease: LeaseGrant) =>
  cloud.once("heartbeat", {
    params: { id: lease.mobilesd_job_id },
    body: { epoch: lease.epoch, lease_token: lease.lease_token },
  });

describe("an agent whose socket stands at a real hub", () => {
  it("is told the mode of its server, and hears of work", async () => {
    const { link, mode } = await greet();
    expect(mode).toBe("active");
    const id = await queue.submit();
    await until("it rang", async () => (await link.wait(5_000, never)) === "work");
    await queue.owner.call("cancelJob", { params: { id } });
  });

  it("hears of a cancel of the job that it runs", async () => {
    const { link, lease, id, release } = await begin();
    const heard: [string, number][] = [];
    link.onCancel((...one) => heard.push(one));
    await queue.owner.call("cancelJob", { params: { id } });
    await until("it heard", () => heard.length > 0);
    expect(heard[0]).toEqual([id, lease.epoch]);
    await release("cancelled");
  });

  it("shows progress and pictures to who watches, and hears that somebody does", async () => {
    const { link, lease, id, release } = await begin();
    const images = createImageThread(keptLog());
    onTestFinished(() => images.close());
    const teller = createRunTeller({ link, images, durations: FAST, now }, lease);
    teller.progress({ share: 0.25, phase: "drawing", remainingMs: 60_000, moveMs: 0 });
    await until("its status tells", async () => (await queue.status(id)).progress === 25);
    const watcher = await watchServer(queue.worker.url, queue.ownerKey, ALIAS);
    await until("the agent hears of the watcher", () => link.watchers() === 1);
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    teller.livePreview(`data:image/png;base64,${png.toString("base64")}`);
    const preview = await until("the picture", () =>
      watcher.about(id).find((event) => event.type === "preview"),
    );
    expect(preview).toMatchObject({ index: 0, width: 64, height: 64, status: "processing" });
    watcher.stop();
    await until("and that it left", () => link.watchers() === 0);
    teller.end();
    await release("drain");
    await queue.owner.call("cancelJob", { params: { id } });
  });

  it("comes back by itself after the Worker was killed, with its lease", async () => {
    const { link, lease, cloud, release, id } = await begin();
    const before = link.changes();
    process.kill(queue.worker.workerdPid() ?? 0, "SIGKILL");
    await until("the loss is seen", () => link.changes() > before);
    await until("it stands again", () => link.isUp());
    expect((await heartbeat(cloud, lease)).cancel).toBe(false);
    await release("drain");
    await queue.owner.call("cancelJob", { params: { id } });
  });

  it("ends when another one of the same key took over", async () => {
    const first = await greet();
    const second = await greet();
    await until("the first is told", () => first.link.superseded.aborted);
    expect(second.link.isUp()).toBe(true);
    await until("its socket is closed", () => !first.link.isUp());
  });
});
