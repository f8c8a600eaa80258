import { type Catalogue, HEADERS, type LeaseGrant, ROLES, WIRE_VERSION } from "@mobilesd/contract";
import { servers } from "../../../src/storage/schema.ts";
import { EXAMPLE_CATALOGUE } from "../example-catalogue.ts";
import { pngOf, webpOf } from "../example-pictures.ts";
import { authOf, newKey, type TestOwner } from "./new-owner.ts";
import type { Answer, TestQueue } from "./open-queue.ts";

export interface TestImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** What stands for a picture: the Worker looks at no more of a result than how it begins. */
export async function exampleImage(
  text: string,
  type: (width: number, height: number) => Uint8Array = pngOf,
): Promise<TestImage> {
  const bytes = Uint8Array.from([...type(8, 8), ...new TextEncoder().encode(text)]);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const sha256 = [...new Uint8Array(digest)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return { bytes, sha256 };
}

const proofOf = ({ epoch, lease_token }: LeaseGrant) => ({ epoch, lease_token });

/** What `complete` says of one picture. */
export function manifestOf(image: TestImage, index = 1, preview: TestImage | null = null) {
  return {
    index,
    mime: "image/png",
    bytes: image.bytes.length,
    sha256: image.sha256,
    width: 512,
    height: 768,
    seed: 42,
    infotext: "a lighthouse at dusk\nSteps: 20",
    preview: preview && { bytes: preview.bytes.length, sha256: preview.sha256 },
  };
}

/** A server with its agent, speaking to the queue as a real one does. */
export class TestAgent {
  readonly queue: TestQueue;
  readonly alias: string;
  readonly auth: Readonly<Record<string, string>>;
  session = "ses_none";

  constructor(queue: TestQueue, alias: string, auth: Record<string, string>) {
    this.queue = queue;
    this.alias = alias;
    this.auth = auth;
  }

  get headers(): Record<string, string> {
    return { ...this.auth, [HEADERS.wire]: WIRE_VERSION, [HEADERS.session]: this.session };
  }

  post(path: string, json: unknown): Promise<Answer> {
    return this.queue.call("POST", `/api/v1/agent/${path}`, { as: this.headers, json });
  }

  async hello(): Promise<Answer> {
    const answer = await this.post("hello", {
      agent_version: "1.0.0",
      forge: { flavour: "demo", version: null },
      gpu: { name: null, vram_bytes: null },
      catalogue_sha256: null,
    });
    this.session = String(answer.body.session_id);
    return answer;
  }

  putCatalogue(catalogue: Catalogue = EXAMPLE_CATALOGUE): Promise<Answer> {
    return this.queue.call("PUT", "/api/v1/agent/catalogue", { as: this.headers, json: catalogue });
  }

  claimRaw(claimId: string = crypto.randomUUID()): Promise<Answer<{ job: LeaseGrant | null }>> {
    return this.queue.call("POST", "/api/v1/agent/claim", {
      as: this.headers,
      json: { claim_id: claimId, loaded_checkpoint: null },
    });
  }

  async claim(claimId?: string): Promise<LeaseGrant> {
    const { status, body, text } = await this.claimRaw(claimId);
    if (status !== 200 || body.job === null) throw new Error(`nothing was claimed: ${text}`);
    return body.job;
  }

  start(lease: LeaseGrant, proof: object = {}): Promise<Answer> {
    return this.#ofJob(lease, "start", { forge_task_id: "task(1)", ...proof });
  }

  heartbeat(lease: LeaseGrant, proof: object = {}): Promise<Answer> {
    return this.#ofJob(lease, "heartbeat", proof);
  }

  fail(lease: LeaseGrant, failure: object): Promise<Answer> {
    return this.#ofJob(lease, "fail", { reason: "forge_error", message: "it broke", ...failure });
  }

  release(lease: LeaseGrant, proof: object = {}): Promise<Answer> {
    return this.#ofJob(lease, "release", { reason: "drain", ...proof });
  }

  complete(lease: LeaseGrant, images: readonly object[], proof: object = {}): Promise<Answer> {
    const timing = { generation_ms: 3_000, model_load_ms: 0 };
    return this.#ofJob(lease, "complete", { images, ...timing, ...proof });
  }

  putImage(
    lease: LeaseGrant,
    image: TestImage,
    options: {
      index?: number;
      kind?: "images" | "previews";
      headers?: Record<string, string>;
    } = {},
  ): Promise<Answer> {
    const { index = 1, kind = "images", headers } = options;
    const path = `/api/v1/agent/jobs/${lease.mobilesd_job_id}/${kind}/${index}`;
    return this.queue.call("PUT", path, {
      as: this.headers,
      body: image.bytes,
      headers: {
        "Content-Type": kind === "images" ? "image/png" : "image/webp",
        "Content-Length": String(image.bytes.length),
        [HEADERS.sha256]: image.sha256,
        [HEADERS.epoch]: String(lease.epoch),
        [HEADERS.leaseToken]: lease.lease_token,
        ...headers,
      },
    });
  }

  /** Runs a claimed job to its end as an agent does: start, store, complete. */
  async finish(lease: LeaseGrant, content = lease.mobilesd_job_id): Promise<TestImage> {
    const image = await exampleImage(content);
    const preview = await exampleImage(`preview of ${content}`, webpOf);
    await this.start(lease);
    await this.putImage(lease, image);
    await this.putImage(lease, preview, { kind: "previews" });
    const done = await this.complete(lease, [manifestOf(image, 1, preview)]);
    if (done.status !== 200) throw new Error(`not completed: ${done.text}`);
    return image;
  }

  #ofJob(lease: LeaseGrant, verb: string, body: object): Promise<Answer> {
    return this.post(`jobs/${lease.mobilesd_job_id}/${verb}`, { ...proofOf(lease), ...body });
  }
}

/** A server of an owner with its agent; it has said hello and reported a catalogue unless told otherwise. */
export async function newAgent(
  queue: TestQueue,
  owner: TestOwner,
  options: { isSilent?: boolean } = {},
): Promise<TestAgent> {
  const alias = `box-${crypto.randomUUID().slice(0, 8)}`;
  const key = await newKey(queue, owner, ROLES.agent, { serverAlias: alias });
  await queue.ctx.db
    .insert(servers)
    .values({ alias, ownerId: owner.id, createdAt: "2026-11-02T00:00:00.000Z" });
  const agent = new TestAgent(queue, alias, authOf(key));
  if (!options.isSilent) {
    await agent.hello();
    await agent.putCatalogue();
  }
  return agent;
}
