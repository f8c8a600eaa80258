import {
  type Client,
  type ClientResponse,
  createClient,
  type JobStatusView,
  type NewKey,
  type SubmitAnswer,
} from "@mobilesd/contract";
import { type RunningWorker, startWorker } from "../../../src/local/worker-runtime.ts";
import { FAST } from "./durations.ts";
import { until } from "./until.ts";

export const SECRETS = {
  KEY_PEPPER: "test-pepper-of-32-characters-long",
  URL_SIGNING_KEY: "test-signing-key-of-32-characters",
  SETUP_TOKEN: "test-setup-token-of-32-characters",
};

export const ALIAS = "MyForgeServer";

export interface FetchResponse extends ClientResponse {
  readonly response: Response;
}

/** The contract's client over `fetch`, with a key's credentials. */
export function clientOf(url: string, key?: { key: string; secret: string }) {
  return createClient<FetchResponse>(async ({ method, path, headers, body }) => {
    const credentials = key ? { "x-api-key": key.key, "x-api-secret": key.secret } : {};
    const response = await fetch(url + path, {
      method,
      headers: { ...credentials, ...headers },
      ...(body === undefined ? {} : { body: body as string | Buffer<ArrayBuffer> }),
    });
    return {
      response,
      status: response.status,
      header: (name) => response.headers.get(name),
      json: () => response.json(),
    };
  });
}

/** A real Worker with an owner and a server whose agent has a key. */
export interface Queue {
  readonly worker: RunningWorker;
  readonly owner: Client<FetchResponse>;
  readonly ownerKey: NewKey;
  readonly agentKey: NewKey;
  /** Every line that the Worker wrote. */
  readonly lines: readonly string[];
  /** Queues a picture; fields of `more` replace those of a small job. */
  submit(more?: Record<string, unknown>): Promise<string>;
  status(id: string): Promise<JobStatusView>;
  /** Waits until the job has one of these statuses. */
  reach(id: string, ...statuses: JobStatusView["status"][]): Promise<JobStatusView>;
  download(url: string): Promise<Buffer>;
  /** Runs the minute's sweep now. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/** A job that a demo Forge draws in no time. */
export const SMALL_JOB = {
  positive_prompt: "a red cube on a table",
  checkpoint_name: "Pony/cyberrealisticPony_v8.safetensors",
  width: 128,
  height: 128,
  steps: 4,
  sampler_name: "Euler a",
  seed: 1,
};

/** A key for an agent of one server, by a one-time code, as a person makes it. */
export async function pairAgent(
  worker: RunningWorker,
  owner: Client<FetchResponse>,
  alias: string,
): Promise<NewKey> {
  const body = { for: "agent", server_alias: alias } as const;
  const { code } = await owner.call("createPairing", { body });
  const claimed = await clientOf(worker.url).call("claimPairing", { body: { code } });
  if (claimed.for !== "agent") throw new Error("The code was not for an agent");
  return claimed.key;
}

/** Starts a queue with all durations divided by fifty; with its pages where their folder is given. */
export async function startQueue(
  durations: Partial<typeof FAST> = {},
  pages: { pagesDir?: string } = {},
): Promise<Queue> {
  const lines: string[] = [];
  const worker = await startWorker({
    onLog: ({ message }) => void lines.push(message),
    stateDir: null,
    secrets: SECRETS,
    durations: { ...FAST, ...durations },
    ...pages,
  });
  const setup = { setup_token: SECRETS.SETUP_TOKEN, owner: "anna" };
  const ownerKey = await clientOf(worker.url).call("setUp", { body: setup });
  const owner = clientOf(worker.url, ownerKey);
  const agentKey = await pairAgent(worker, owner, ALIAS);
  const status = (id: string) => owner.call("getJobStatus", { params: { id } });
  return {
    worker,
    lines,
    owner,
    ownerKey,
    agentKey,
    status,
    async submit(more = {}) {
      const params = { ...SMALL_JOB, ...more };
      const body = {
        app_type: "forge" as const,
        target_server_alias: ALIAS,
        generation_params: params,
      };
      const answer = (await owner.call("submitJob", { body })) as SubmitAnswer;
      return answer.mobilesd_job_id;
    },
    reach: (id, ...statuses) =>
      until(`job ${id} is ${statuses.join(" or ")}`, async () => {
        const view = await status(id);
        return statuses.includes(view.status) ? view : false;
      }),
    async download(url) {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    },
    sweep: () => worker.runScheduled("* * * * *"),
    stop: () => worker.stop(),
  };
}
