import { DURATIONS, type JobStatusView } from "@mobilesd/contract";
import { type TestAgent, startAgent } from "../support/box/agent.ts";
import { type FaultyProxy, startFaultyProxy } from "../support/box/faulty-proxy.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { type ApiRecorder, startApiRecorder } from "./api-recorder.ts";

/** The agent asks for work so often: often enough that nobody waits for it. */
const CLAIM_EVERY_MS = 200;
const A_DAY_MS = 86_400_000;
const JOB_LIMIT_MS = 900_000;

const ENDS = ["/complete", "/fail", "/release"];

/** A queue that waits for an agent. It is there before Forge, whose extension is told of it. */
export function startQueueAlone(): Promise<Queue> {
  return startQueue({
    ...DURATIONS,
    claimPollBusyMs: CLAIM_EVERY_MS,
    claimPollIdleMs: CLAIM_EVERY_MS,
    catalogueRefreshMs: A_DAY_MS,
  });
}

/** A finished job of the queue. */
export interface QueuedJob {
  readonly view: JobStatusView;
  readonly pictures: readonly Buffer[];
}

/** An agent between the queue and one Forge. */
export interface AgentBox {
  readonly recorder: ApiRecorder;
  /** The ids of all jobs in the queue. */
  jobIds(): Promise<string[]>;
  /** Waits for the end of a job, and until the agent has nothing to do with Forge any more. */
  finish(id: string): Promise<QueuedJob>;
  stop(): Promise<void>;
}

function isIdleAgain({ seen }: FaultyProxy): boolean {
  const end = seen.findLastIndex((path) => ENDS.some((word) => path.endsWith(word)));
  return seen.slice(end + 1).some((path) => path.endsWith("/claim"));
}

async function stopAll(agent: TestAgent, proxy: FaultyProxy, recorder: ApiRecorder) {
  agent.stop.stopNow();
  await agent.end;
  await proxy.stop();
  await recorder.stop();
}

/** Starts the agent and waits until it asks for work. */
export async function startAgentBox(queue: Queue, forgeUrl: string): Promise<AgentBox> {
  const recorder = await startApiRecorder(forgeUrl);
  const proxy = await startFaultyProxy(queue.worker.url);
  const agent = startAgent({ url: proxy.url, key: queue.agentKey, forgeUrl: recorder.url });
  const stop = () => stopAll(agent, proxy, recorder);
  const rest = () => until("the agent asks for work", () => isIdleAgain(proxy), JOB_LIMIT_MS);
  const isOver = async (id: string) => {
    const view = await queue.status(id);
    return ["completed", "failed", "cancelled"].includes(view.status) ? view : null;
  };
  try {
    await rest();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    recorder,
    stop,
    async jobIds() {
      const { jobs } = await queue.owner.call("listJobs", { query: {} });
      return jobs.map(({ mobilesd_job_id }) => mobilesd_job_id);
    },
    async finish(id) {
      const view = await until(`job ${id} is over`, () => isOver(id), JOB_LIMIT_MS);
      await rest();
      if (view.status !== "completed") {
        throw new Error(`the queued job is ${view.status}: ${view.error?.message ?? "no reason"}`);
      }
      const urls = view.images.map(({ download_url }) => download_url);
      return { view, pictures: await Promise.all(urls.map(queue.download)) };
    },
  };
}
