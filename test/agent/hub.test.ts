import { randomUUID } from "node:crypto";
import { HEADERS, LiveEvent, WIRE_VERSION } from "@mobilesd/contract";
import { WebSocket } from "undici";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ALIAS, clientOf, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;

beforeEach(async () => {
  queue = await startQueue();
});

afterEach(async () => {
  await queue.stop();
});

const authOf = ({ key, secret }: { key: string; secret: string }) => ({
  "X-API-Key": key,
  "X-API-Secret": secret,
});

/** An agent's words over HTTP, in a session of its own. */
async function sayHello() {
  const agent = clientOf(queue.worker.url, queue.agentKey);
  const forge = { flavour: "demo", version: null } as const;
  const gpu = { name: null, vram_bytes: null };
  const wire = { [HEADERS.wire]: WIRE_VERSION };
  const body = { agent_version: "1.0.0", forge, gpu, catalogue_sha256: null };
  const { session_id } = await agent.call("hello", { body, headers: wire });
  return { agent, headers: { ...wire, [HEADERS.session]: session_id } };
}

/** The queue's events as a program without any library reads them. */
async function openStream() {
  const url = `${queue.worker.url}/api/v1/events?server=${ALIAS}`;
  const answer = await fetch(url, { headers: authOf(queue.ownerKey) });
  let text = "";
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return;
      text += value;
    }
  };
  // A Worker that is killed cuts the stream off, and a reader is told so.
  const reading = read().catch(() => undefined);
  return {
    type: answer.headers.get("content-type"),
    text: () => text,
    jobs: () =>
      [...text.matchAll(/^data: (\{.*\})$/gm)]
        .map(([, json = ""]) => LiveEvent.parse(JSON.parse(json)))
        .filter((event) => event.type === "job"),
    ended: reading,
    close: async () => {
      await reader?.cancel();
      await reading;
    },
  };
}

const claimOf = (claim_id: string) => ({ claim_id, loaded_checkpoint: null, slots: 1 });

it("gives a lost lease back by the hub's own alarm, without any cron, also when the Worker was killed meanwhile", async () => {
  const { agent, headers } = await sayHello();
  const stream = await openStream();
  const id = await queue.submit();
  const { job } = await agent.call("claimJob", { body: claimOf(randomUUID()), headers });
  expect(job?.mobilesd_job_id).toBe(id);
  const proof = { epoch: job?.epoch ?? 0, lease_token: job?.lease_token ?? "" };
  const body = { ...proof, forge_task_id: "task(1)" };
  await agent.call("startJob", { params: { id }, body, headers });
  await until("the hub knows", () => stream.jobs().some(({ status }) => status === "processing"));
  const pid = queue.worker.workerdPid();
  if (pid !== null) process.kill(pid, "SIGKILL");
  await until("the job is shown without its agent", async () => {
    const view = await queue.status(id).catch(() => undefined);
    return view?.status_reason === "agent_offline";
  });
  await stream.ended;
});

it("streams events over plain HTTP, says something while nothing happens, and hands on each as it comes", async () => {
  const stream = await openStream();
  expect(stream.type).toMatch(/^text\/event-stream/);
  await until("a sign of life", () => /^: .+\n\n/m.test(stream.text()));
  const id = await queue.submit();
  const [event] = await until("the job", () => stream.jobs().length > 0 && stream.jobs());
  expect(event).toMatchObject({ type: "job", mobilesd_job_id: id, status: "pending" });
  expect(stream.text()).toContain(`id: ${event?.id}\ndata: `);
  await stream.close();
});

it("rings an agent's socket when a job comes", async () => {
  const { headers } = await sayHello();
  const url = `${queue.worker.url.replace("http", "ws")}/api/v1/agent/hub`;
  const socket = new WebSocket(url, { headers: { ...authOf(queue.agentKey), ...headers } });
  const heard: string[] = [];
  socket.addEventListener("message", ({ data }) => void heard.push(String(data)));
  await until("the mode", () => heard.includes('{"type":"mode","mode":"active"}'));
  socket.send("ping");
  await until("the pong", () => heard.includes("pong"));
  await queue.submit();
  await until("the bell", () => heard.includes('{"type":"work"}'));
  socket.close();
});
