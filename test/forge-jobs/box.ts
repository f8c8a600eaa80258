import { DURATIONS } from "@mobilesd/contract";
import { startAgent } from "../support/box/agent.ts";
import { startFaultyProxy } from "../support/box/faulty-proxy.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { INPUTS, type InputName } from "./input-pictures.ts";

/** A queue in workerd, and an agent for one Forge. */
export interface Box {
  /** The input pictures as the queue knows them. */
  readonly uploads: Readonly<Record<InputName, string>>;
  /**
   * Submits a job over HTTP and waits for its end, and until the agent has nothing to do with Forge any
   * more. Resolves with its pictures; throws in words when it did not complete, or not without a warning.
   */
  run(params: Readonly<Record<string, unknown>>): Promise<Buffer[]>;
  stop(): Promise<void>;
}

/** Milliseconds for one job, the load of a checkpoint from a slow disk included. */
const JOB_LIMIT_MS = 900_000;
/** The agent asks for work so often: often enough that nobody waits for it. */
const CLAIM_EVERY_MS = 200;
/** What is tried again is tried again soon. */
const RETRY_MS = 500;
const A_DAY_MS = 86_400_000;

const ENDS = ["/complete", "/fail", "/release"];

/** Waits until the agent asked for work again after a job: then it has read all that it reads of Forge. */
async function waitForClaim(seen: readonly string[]): Promise<void> {
  await until(
    "the agent asks for the next job",
    () => {
      const end = seen.findLastIndex((path) => ENDS.some((word) => path.endsWith(word)));
      return seen.slice(end + 1).some((path) => path.endsWith("/claim"));
    },
    JOB_LIMIT_MS,
  );
}

async function runJob(queue: Queue, params: Readonly<Record<string, unknown>>): Promise<Buffer[]> {
  const id = await queue.submit(params);
  const view = await until(
    `job ${id} is over`,
    async () => {
      const now = await queue.status(id);
      return ["completed", "failed", "cancelled"].includes(now.status) ? now : null;
    },
    JOB_LIMIT_MS,
  );
  if (view.status !== "completed") {
    throw new Error(`the job is ${view.status}: ${view.error?.message ?? "no reason is given"}`);
  }
  const [warning] = view.warnings;
  if (warning) throw new Error(`the job completed with a warning: ${warning.message}`);
  return Promise.all(view.images.map(({ download_url }) => queue.download(download_url)));
}

async function upload(queue: Queue, inputs: Readonly<Record<InputName, Buffer>>) {
  const headers = { "content-type": "image/png" };
  const ids = await Promise.all(
    INPUTS.map(async (name) => {
      const bytes = inputs[name] as Buffer<ArrayBuffer>;
      const { upload_id } = await queue.owner.call("createUpload", { bytes, headers });
      return [name, upload_id] as const;
    }),
  );
  return Object.fromEntries(ids) as Record<InputName, string>;
}

/** Starts both, and hands the input pictures over. The agent lets nothing be read while it is idle. */
export async function startBox(
  forge: { readonly url: string; readonly login: string | null },
  inputs: Readonly<Record<InputName, Buffer>>,
): Promise<Box> {
  const queue = await startQueue({
    ...DURATIONS,
    claimPollBusyMs: CLAIM_EVERY_MS,
    claimPollIdleMs: CLAIM_EVERY_MS,
    catalogueRefreshMs: A_DAY_MS,
    retryBaseMs: RETRY_MS,
    retryMaxMs: RETRY_MS,
  });
  const proxy = await startFaultyProxy(queue.worker.url);
  const agent = startAgent({
    url: proxy.url,
    key: queue.agentKey,
    forgeUrl: forge.url,
    ...(forge.login === null ? {} : { forgeApiAuth: forge.login }),
  });
  const stop = async () => {
    agent.stop.stopNow();
    await agent.end;
    await proxy.stop();
    await queue.stop();
  };
  try {
    await waitForClaim(proxy.seen);
    const uploads = await upload(queue, inputs);
    return {
      uploads,
      async run(params) {
        try {
          return await runJob(queue, params);
        } finally {
          await waitForClaim(proxy.seen);
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
