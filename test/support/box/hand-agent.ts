import { createHash, randomUUID } from "node:crypto";
import {
  type AgentMessage,
  type ClaimAnswer,
  DURATIONS,
  HEADERS,
  HUB_PING,
  HUB_PONG,
  type HubMessage,
  type NewKey,
  WIRE_VERSION,
} from "@mobilesd/contract";
import sharp from "sharp";
import { WebSocket } from "undici";
import { EXAMPLE_CATALOGUE } from "../example-catalogue.ts";
import { clientOf } from "./queue.ts";
import { until } from "./until.ts";

/** A run that a test holds in its hands: each step happens when the test says so. */
export interface HandRun {
  readonly id: string;
  progress(percent: number, remainingMs?: number | null): void;
  /** The picture as it grows; from 1 on the finished one of that number. */
  preview(webp: Buffer, index?: number): Promise<void>;
  /** Stores one picture with its preview, as the agent does, and ends the job. */
  complete(picture: Buffer): Promise<void>;
  release(): Promise<void>;
}

/** An agent without a Forge: it says over its socket and by HTTP what a test wants to see on a page. */
export interface HandAgent {
  /** What the hub told it. */
  readonly heard: readonly HubMessage[];
  tell(message: AgentMessage): void;
  /** Takes the next job and begins it. */
  begin(): Promise<HandRun>;
  stop(): void;
}

const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Starts such an agent: a session, a catalogue, and a socket that stands. */
export async function startHandAgent(
  url: string,
  key: Pick<NewKey, "key" | "secret">,
): Promise<HandAgent> {
  const client = clientOf(url, key);
  const wire = { [HEADERS.wire]: WIRE_VERSION };
  const gpu = { name: "NVIDIA GeForce RTX 4090", vram_bytes: 24 * 1024 ** 3 };
  const forge = { flavour: "neo", version: "2.1" } as const;
  const hello = { agent_version: "1.2.0", forge, gpu, catalogue_sha256: null };
  const { session_id } = await client.call("hello", { body: hello, headers: wire });
  const headers = { ...wire, [HEADERS.session]: session_id };
  await client.call("putCatalogue", { body: EXAMPLE_CATALOGUE, headers });
  const credentials = { "X-API-Key": key.key, "X-API-Secret": key.secret };
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/agent/hub`, {
    headers: { ...credentials, ...headers },
  });
  const heard: HubMessage[] = [];
  socket.addEventListener("message", ({ data }) => {
    if (data !== HUB_PONG) heard.push(JSON.parse(String(data)));
  });
  await until("the agent's socket stands", () => heard.length > 0);
  // Without a sign of life the hub takes it for gone.
  const pinging = setInterval(() => socket.send(HUB_PING), DURATIONS.hubPingMs);
  const tell = (message: AgentMessage) => socket.send(JSON.stringify(message));

  async function store(
    route: "putImage" | "putPreview",
    lease: NonNullable<ClaimAnswer["job"]>,
    bytes: Buffer,
  ): Promise<void> {
    const headersOfPicture = {
      "Content-Type": route === "putImage" ? "image/png" : "image/webp",
      "Content-Length": String(bytes.length),
      [HEADERS.sha256]: digestOf(bytes),
      [HEADERS.epoch]: String(lease.epoch),
      [HEADERS.leaseToken]: lease.lease_token,
    };
    await client.call(route, {
      params: { id: lease.mobilesd_job_id, index: 1 },
      bytes,
      headers: { ...headers, ...headersOfPicture },
    });
  }

  async function begin(): Promise<HandRun> {
    const lease = await until("a job can be taken", async () => {
      const body = { claim_id: randomUUID(), loaded_checkpoint: null, is_connected: true };
      return (await client.call("claimJob", { body, headers })).job;
    });
    const params = { id: lease.mobilesd_job_id };
    const proof = { epoch: lease.epoch, lease_token: lease.lease_token };
    const start = { ...proof, forge_task_id: `task(${randomUUID()})` };
    await client.call("startJob", { params, body: start, headers });
    let n = 0;
    const ofRun = () => {
      n += 1;
      return { mobilesd_job_id: lease.mobilesd_job_id, epoch: lease.epoch, n };
    };
    return {
      id: lease.mobilesd_job_id,
      progress: (progress, remaining_ms = null) =>
        tell({ type: "progress", ...ofRun(), progress, phase: "drawing", remaining_ms }),
      async preview(webp, index = 0) {
        const { width, height } = await sharp(webp).metadata();
        const picture = { index, width, height, webp: webp.toString("base64") };
        tell({ type: "preview", ...ofRun(), ...picture });
      },
      async complete(picture) {
        const preview = await sharp(picture).resize(512, 512, { fit: "inside" }).webp().toBuffer();
        const { width, height } = await sharp(picture).metadata();
        await store("putImage", lease, picture);
        await store("putPreview", lease, preview);
        const facts = { index: 1, mime: "image/png" as const, width, height };
        const bytes = { bytes: picture.length, sha256: digestOf(picture) };
        const words = { seed: 1, infotext: "a lighthouse\nSteps: 20" };
        const small = { preview: { bytes: preview.length, sha256: digestOf(preview) } };
        const images = [{ ...facts, ...bytes, ...words, ...small }];
        const times = { generation_ms: 18_000, model_load_ms: 0, warnings: [] };
        await client.call("completeJob", { params, body: { ...proof, images, ...times }, headers });
      },
      async release() {
        const body = { ...proof, reason: "drain" as const };
        await client.call("releaseJob", { params, body, headers });
      },
    };
  }
  return {
    heard,
    tell,
    begin,
    stop() {
      clearInterval(pinging);
      socket.close();
    },
  };
}
