import type { Client, Durations, JobStatusView } from "@mobilesd/contract";
import type { JobRecord } from "../../../tunnel-agent/demo-forge/job-record.ts";
import { type DelayProxy, startDelayProxy } from "../../support/box/delay-proxy.ts";
import { ALIAS, clientOf, type FetchResponse } from "../../support/box/queue.ts";
import { until } from "../../support/box/until.ts";
import { type BenchWorker, startBenchWorker } from "../bench-queue.ts";
import { type AgentProcess, startAgentProcess } from "./agent-process.ts";
import { type BenchForge, startBenchForge } from "./forge.ts";
import { epochMs } from "./epoch.ts";

/** There and back between two homes on one continent. */
export const ROUND_TRIP_MS = 60;

/** A picture: what a job of the queue and a direct request have in common. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
}

/** Which job runs when is for the benchmark to say; the rest is the same in all. */
const PROMPT = "a lighthouse at dusk above a stormy sea";
const SAMPLER = "Euler a";
/** The one that a demo Forge has selected, so that none is switched. */
const CHECKPOINT = "demoPainter_v1";

/** Task ids of requests that come from no agent begin so. */
export const DIRECT = "direct-";

/** A queue, its agent and a demo Forge, each a process, with a long way before the queue for agent and user alike. */
export interface LiveBox {
  readonly queue: BenchWorker;
  readonly proxy: DelayProxy;
  readonly forge: BenchForge;
  readonly agent: AgentProcess;
  /** The owner, who comes the long way. */
  readonly far: Client<FetchResponse>;
  /** Queues a picture by the long way, or another, and answers its id. */
  submit(picture: Picture, by?: Client<FetchResponse>): Promise<string>;
  /** Waits until a job is so, and asks by the short way. */
  reach(id: string, ...statuses: JobStatusView["status"][]): Promise<void>;
  /** Waits until a job that came through Forge's lock is as wanted. `from` is the number of the first to look at. */
  reachRun(what: string, from: number, isSo: (run: JobRecord) => boolean): Promise<JobRecord>;
  /** Draws a picture without the queue, and answers when it has been read. */
  draw(picture: Picture): Promise<void>;
  /** Milliseconds of one request by the long way that has nothing done for it. */
  bareMs(): Promise<number>;
  stop(): Promise<void>;
}

let seed = 0;
const nextSeed = () => {
  seed += 1;
  return seed;
};

async function drawDirect(forge: BenchForge, picture: Picture): Promise<void> {
  const number = nextSeed();
  const body = {
    ...picture,
    prompt: PROMPT,
    sampler_name: SAMPLER,
    seed: number,
    force_task_id: `${DIRECT}${number}`,
  };
  const response = await fetch(`${forge.url}/sdapi/v1/txt2img`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const { images } = (await response.json()) as { images?: string[] };
  if (images?.length !== 1) throw new Error(`The demo Forge answered ${response.status}`);
}

/** Waits until the agent's socket stands and it has said what its Forge has. */
async function untilThere(queue: BenchWorker): Promise<void> {
  await until("the agent is connected", async () => {
    const { servers } = await queue.owner.call("listServers", {});
    return servers.some((server) => server.is_connected && server.has_catalogue);
  });
}

async function submitTo(owner: Client<FetchResponse>, picture: Picture): Promise<string> {
  const generation_params = {
    ...picture,
    positive_prompt: PROMPT,
    checkpoint_name: CHECKPOINT,
    sampler_name: SAMPLER,
    seed: nextSeed(),
  };
  const body = { app_type: "forge", target_server_alias: ALIAS, generation_params } as const;
  const answer = await owner.call("submitJob", { body });
  if (!("mobilesd_job_id" in answer)) throw new Error("The submit answered like a dry run");
  return answer.mobilesd_job_id;
}

function boxOf(parts: Pick<LiveBox, "queue" | "proxy" | "forge" | "agent">): LiveBox {
  const { queue, proxy, forge, agent } = parts;
  const far = clientOf(proxy.url, queue.ownerKey);
  return {
    ...parts,
    far,
    submit: (picture, by = far) => submitTo(by, picture),
    async reach(id, ...statuses) {
      await until(
        `job ${id} is ${statuses.join(" or ")}`,
        async () => {
          const { status, error } = await queue.owner.call("getJobStatus", { params: { id } });
          if (statuses.includes(status)) return true;
          if (status === "failed") throw new Error(`A job failed: ${error?.message}`);
          return false;
        },
        120_000,
      );
    },
    reachRun: (what, from, isSo) =>
      until(what, async () => (await forge.jobs(from)).find(isSo), 120_000),
    draw: (picture) => drawDirect(forge, picture),
    async bareMs() {
      const startedAt = epochMs();
      await (await fetch(`${proxy.url}/bench/nothing`)).arrayBuffer();
      return epochMs() - startedAt;
    },
    async stop() {
      await agent.stop();
      await proxy.stop();
      await queue.stop();
      await forge.stop();
    },
  };
}

/** Starts them, and waits until the agent is connected. The agent must have been built. */
export async function startLiveBox(options: {
  readonly timeScale: number;
  readonly hasGrain?: boolean;
  readonly durations?: Partial<Durations>;
}): Promise<LiveBox> {
  const queue = await startBenchWorker(options.durations);
  const forge = await startBenchForge(options.timeScale, options.hasGrain);
  const proxy = await startDelayProxy(queue.worker.url, ROUND_TRIP_MS);
  const { agentKey: key } = queue;
  const agent = await startAgentProcess({ url: proxy.url, key, forgeUrl: forge.url });
  const box = boxOf({ queue, proxy, forge, agent });
  try {
    await untilThere(queue);
    return box;
  } catch (error) {
    await box.stop();
    throw error;
  }
}
