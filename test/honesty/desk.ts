import type { JobStatusView } from "@mobilesd/contract";
import { ALIAS, type Queue, SMALL_JOB, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { makePicture, type PictureName } from "./input-pictures.ts";
import type { Job } from "./loss.ts";

/** A queue, and the hands of somebody who uses it. */
export interface Desk {
  readonly queue: Queue;
  /** Queues what differs from a small job, its pictures handed over before. Throws `ProblemError`. */
  submit(job: Job, alias?: string): Promise<string>;
  /** Waits until nothing happens to a job any more without somebody's doing. */
  reachEnd(id: string): Promise<JobStatusView>;
  /** The results, as they can be downloaded. */
  picturesOf(view: JobStatusView): Promise<Buffer[]>;
}

const PATIENCE_MS = 20_000;

/** A job is looked at again after this long, whether the Worker had something to say of it or not. */
const LOOK_AGAIN_MS = 300;

/** Tries again at once; and agents that ask all the time would slow each other down. */
const PACE = { retryBaseMs: 1, retryMaxMs: 1, claimPollBusyMs: 40, forgePollMs: 20 };

const isOver = ({ status, status_reason }: JobStatusView) =>
  status_reason === "missing_checkpoint" || !["pending", "processing"].includes(status);

/**
 * Sweeps as the minute does, and asks when the Worker tells something of the job: asking all the time would
 * take the machine from those who work.
 */
async function reachEnd(queue: Queue, id: string): Promise<JobStatusView> {
  const told = () => queue.lines.filter((line) => line.includes(id)).length;
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const heard = told();
    const view = await queue.status(id);
    if (isOver(view)) return view;
    if (view.status_reason === "retrying") await queue.sweep();
    else await until("it is told of the job", () => told() > heard, LOOK_AGAIN_MS).catch(() => {});
  }
  throw new Error(`Waited ${PATIENCE_MS} ms in vain until job ${id} is over`);
}

/** Hands over the pictures that a job names, each once, and puts their ids in place of the names. */
function uploader(queue: Queue): (value: unknown) => Promise<unknown> {
  const uploads = new Map<PictureName, Promise<string>>();
  const upload = async (name: PictureName) => {
    const bytes = await makePicture(name);
    const headers = { "content-type": "image/png" };
    return (await queue.owner.call("createUpload", { bytes, headers })).upload_id;
  };
  return async function withUploads(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map(withUploads));
    if (typeof value !== "object" || value === null) return value;
    if ("picture" in value) {
      const name = value.picture as PictureName;
      const id = uploads.get(name) ?? upload(name);
      uploads.set(name, id);
      return { upload_id: await id };
    }
    const entries = Object.entries(value).map(async ([key, one]) => [key, await withUploads(one)]);
    return Object.fromEntries(await Promise.all(entries));
  };
}

/** Opens a queue of its own, with a key for an agent. */
export async function openDesk(): Promise<Desk> {
  const queue = await startQueue(PACE);
  const withUploads = uploader(queue);
  return {
    queue,
    async submit(job, alias = ALIAS) {
      const generation_params = { ...SMALL_JOB, ...((await withUploads(job)) as Job) };
      const body = { app_type: "forge" as const, target_server_alias: alias, generation_params };
      const answer = await queue.owner.call("submitJob", { body });
      if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
      return answer.mobilesd_job_id;
    },
    reachEnd: (id) => reachEnd(queue, id),
    picturesOf: ({ images }) =>
      Promise.all(images.map((image) => queue.download(image.download_url))),
  };
}
