import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  type Client,
  type Durations,
  HEADERS,
  type LeaseGrant,
  type NewKey,
  WIRE_VERSION,
} from "@mobilesd/contract";
import { type RunningWorker, startWorker } from "../../src/local/worker-runtime.ts";
import { ALIAS, clientOf, type FetchResponse, pairAgent } from "../support/box/queue.ts";
import type { Counts } from "./counts.ts";
import { EXAMPLE_CATALOGUE } from "../support/example-catalogue.ts";
import { exampleJob, exampleParams } from "../support/example-job.ts";

const SECRETS = {
  KEY_PEPPER: "bench-pepper-of-32-characters-lon",
  URL_SIGNING_KEY: "bench-signing-key-of-32-character",
  SETUP_TOKEN: "bench-setup-token-of-32-character",
};

const LEASE_TTL_MS = 86_400_000;

const ENTRY = fileURLToPath(new URL("./worker/entry.ts", import.meta.url));

/** A real Worker with an owner, and a key for the agent of its one server. */
export interface BenchWorker {
  readonly worker: RunningWorker;
  readonly owner: Client<FetchResponse>;
  readonly ownerKey: NewKey;
  readonly agentKey: NewKey;
  /** What was counted since this was last asked: requests with `COUNTED`, or everything. */
  takeCounts(): Promise<Counts>;
  /** Counts everything from now on, or no longer. Answers what was counted until now. */
  countAll(isOn: boolean): Promise<Counts>;
  stop(): Promise<void>;
}

/** One whose agent has said hello and what it has. */
export interface BenchQueue extends BenchWorker {
  readonly agent: Client<FetchResponse>;
  /** The headers of the agent's requests beside its credentials, which its client adds. */
  readonly agentHeaders: Readonly<Record<string, string>>;
}

/** Has a request's D1 statements counted. */
export const COUNTED = { "Bench-Count": "1" };

const PROMPT =
  "a lighthouse at dusk above a stormy sea, volumetric light, long exposure, highly detailed, film grain, " +
  "sharp focus, deep colours, distant ships";

/** The usual job of the benchmarks: its stored parameters take some 400 bytes. */
export function benchJob(): ReturnType<typeof exampleJob> {
  const negative_prompt = "fog, people, text, watermark, blurry, low quality";
  const generation_params = exampleParams({ positive_prompt: PROMPT, negative_prompt });
  return exampleJob(ALIAS, { generation_params });
}

/** Credentials of a key as headers. */
export function authOf({ key, secret }: Pick<NewKey, "key" | "secret">): Record<string, string> {
  return { "X-API-Key": key, "X-API-Secret": secret };
}

/** Starts a Worker with the bench's entry. */
export async function startBenchWorker(durations: Partial<Durations> = {}): Promise<BenchWorker> {
  let starts = 0;
  const worker = await startWorker({
    entry: ENTRY,
    stateDir: null,
    secrets: SECRETS,
    // A benchmark that breaks shall show why: what the runtime complained of, and that it died.
    onLog: ({ level, message }) => {
      if (level === "error" || level === "warn") process.stderr.write(`  ${level}: ${message}\n`);
    },
    onRuntimeProcess: (pid) => {
      starts += 1;
      if (starts > 1) process.stderr.write(`  the runtime died; a new one is process ${pid}\n`);
    },
    durations,
  });
  const counts = async (path: string) =>
    (await fetch(`${worker.url}/bench/${path}`)).json() as Promise<Counts>;
  try {
    const setup = { setup_token: SECRETS.SETUP_TOKEN, owner: "anna" };
    const ownerKey = await clientOf(worker.url).call("setUp", { body: setup });
    const owner = clientOf(worker.url, ownerKey);
    return {
      worker,
      owner,
      ownerKey,
      agentKey: await pairAgent(worker, owner, ALIAS),
      takeCounts: () => counts("counts"),
      countAll: (isOn) => counts(`count-all/${isOn ? "on" : "off"}`),
      stop: () => worker.stop(),
    };
  } catch (error) {
    await worker.stop();
    throw error;
  }
}

/** Starts one whose agent is no program, and whose leases outlast every benchmark. */
export async function startBenchQueue(durations: Partial<Durations> = {}): Promise<BenchQueue> {
  const started = await startBenchWorker({ leaseTtlMs: LEASE_TTL_MS, ...durations });
  const agent = clientOf(started.worker.url, started.agentKey);
  const wire = { [HEADERS.wire]: WIRE_VERSION };
  try {
    const { session_id } = await agent.call("hello", {
      headers: wire,
      body: {
        agent_version: "bench",
        forge: { flavour: "demo", version: null },
        gpu: { name: null, vram_bytes: null },
        catalogue_sha256: null,
      },
    });
    const agentHeaders = { ...wire, [HEADERS.session]: session_id };
    await agent.call("putCatalogue", { headers: agentHeaders, body: EXAMPLE_CATALOGUE });
    return { ...started, agent, agentHeaders };
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** Submits a job and has the agent claim and start the next one: the one that it is handed. */
export async function startJob(queue: BenchQueue): Promise<LeaseGrant> {
  const headers = queue.agentHeaders;
  await queue.owner.call("submitJob", { body: benchJob() });
  const body = { claim_id: randomUUID(), loaded_checkpoint: null };
  const { job } = await queue.agent.call("claimJob", { headers, body });
  if (!job) throw new Error("The submitted job was not handed out");
  const proof = { epoch: job.epoch, lease_token: job.lease_token };
  await queue.agent.call("startJob", {
    headers,
    params: { id: job.mobilesd_job_id },
    body: { ...proof, forge_task_id: "task(bench)" },
  });
  return job;
}

/** The headers of a raw upload under a lease, beside the credentials. */
export function uploadHeaders(
  queue: BenchQueue,
  lease: LeaseGrant,
  sha256: string,
): Record<string, string> {
  return {
    ...queue.agentHeaders,
    "Content-Type": "image/png",
    [HEADERS.sha256]: sha256,
    [HEADERS.epoch]: String(lease.epoch),
    [HEADERS.leaseToken]: lease.lease_token,
  };
}
