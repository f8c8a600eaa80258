import { type JobStatusView, type Problem, ProblemError } from "@mobilesd/contract";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent } from "../support/box/agent.ts";
import { ALIAS, pairAgent, type Queue, SMALL_JOB, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { runAndKill } from "./killed-agent.ts";
import { makePicture, type PictureName } from "./input-pictures.ts";
import type { Chapter, Job, NewServer, Scenario, Seen } from "./loss.ts";
import { setsOptions } from "./losses/requests.ts";
import { type LyingForge, startLyingForge } from "./lying-forge.ts";

/** How a scenario ended, in the words of the table, and every sentence that was told on the way. */
export interface Ended {
  readonly outcome: string;
  readonly field: string | null;
  readonly sentences: readonly string[];
  readonly seen: Seen;
}

/** A queue, an agent and a Forge, with a proxy before the Forge that can be told to lie. */
export interface HonestBox {
  run(scenario: Scenario): Promise<Ended>;
  stop(): Promise<void>;
}

type Options = Readonly<Record<string, unknown>>;

/** How things stood before a job. */
interface Start {
  readonly sentCount: number;
  readonly options: Options;
}

/** Which model Forge loaded last; it is no setting. */
const NOT_AN_OPTION = "sd_checkpoint_hash";

async function readOptions(forge: DemoForge): Promise<Options> {
  return (await (await fetch(`${forge.url}/sdapi/v1/options`)).json()) as Options;
}

const changedOptions = (before: Options, now: Options) =>
  Object.keys(before).filter(
    (name) => name !== NOT_AN_OPTION && JSON.stringify(before[name]) !== JSON.stringify(now[name]),
  );

const REFUSED_FIELD = /^generation_params\./;

function refusedAs({ code, status, error, details }: Problem): Omit<Ended, "seen"> {
  const field = details[0]?.field.replace(REFUSED_FIELD, "") ?? null;
  return { outcome: `${status} ${code}`, field, sentences: [error] };
}

function endedAs(view: JobStatusView): Omit<Ended, "seen"> {
  const { status, status_reason, error, warnings } = view;
  const told = error ?? warnings[0];
  const sentences = [error?.message, error?.owner_message, ...warnings.map((one) => one.message)];
  const word = status === "completed" ? warnings.map((one) => one.code) : [];
  const outcome =
    status === "completed" ? [status, ...word].join(", ") : `${status}: ${status_reason}`;
  return {
    outcome,
    field: told?.field ?? null,
    sentences: sentences.filter((sentence) => sentence !== undefined),
  };
}

const PATIENCE_MS = 20_000;

const isOver = ({ status }: JobStatusView) => !["pending", "processing"].includes(status);

/** Tries again at once; and agents that ask all the time would slow each other down. */
const PACE = { retryBaseMs: 1, retryMaxMs: 1, claimPollBusyMs: 40, forgePollMs: 20 };

/** Milliseconds after which a job is looked at again, whether the Worker had something to say of it or not. */
const LOOK_AGAIN_MS = 300;

/**
 * Waits until nothing happens to a job any more without somebody's doing; sweeps as the minute does. Asks
 * when the Worker tells something of the job: asking all the time would take the machine from those who work.
 */
async function reachEnd(queue: Queue, id: string): Promise<JobStatusView> {
  const told = () => queue.lines.filter((line) => line.includes(id)).length;
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const heard = told();
    const view = await queue.status(id);
    if (view.status_reason === "missing_checkpoint" || isOver(view)) return view;
    if (view.status_reason === "retrying") await queue.sweep();
    else await until("it is told of the job", () => told() > heard, LOOK_AGAIN_MS).catch(() => {});
  }
  throw new Error(`Waited ${PATIENCE_MS} ms in vain until job ${id} is over`);
}

/** Hands over the pictures that a job names, each once, and puts their ids in place of the names. */
function uploader(queue: Queue) {
  const uploads = new Map<PictureName, Promise<string>>();
  const upload = async (name: PictureName) => {
    const bytes = await makePicture(name);
    const headers = { "content-type": "image/png" };
    return (await queue.owner.call("createUpload", { bytes, headers })).upload_id;
  };
  async function withUploads(value: unknown): Promise<unknown> {
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
  }
  return withUploads;
}

/** Whether a scenario needs nothing but a server that has not told yet what it has. */
const isPlainlyNew = ({ server, owner, lie }: Scenario) =>
  server !== undefined && Object.keys(server).length === 0 && !owner && !lie;

/** Starts a box of its own for a chapter of the table. */
export async function startHonestBox({ lists, losses }: Chapter): Promise<HonestBox> {
  const [queue, forge] = await Promise.all([startQueue(PACE), startDemoForge({ timeScale: 0 })]);
  const lying: LyingForge = await startLyingForge(forge, lists);
  const before = await readOptions(forge);
  const withUploads = uploader(queue);
  const url = queue.worker.url;
  const agent = startAgent({ url, key: queue.agentKey, forgeUrl: lying.url });

  async function submit(job: Job, alias = ALIAS): Promise<string> {
    const generation_params = { ...SMALL_JOB, ...((await withUploads(job)) as Job) };
    const body = { app_type: "forge" as const, target_server_alias: alias, generation_params };
    const answer = await queue.owner.call("submitJob", { body });
    if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
    return answer.mobilesd_job_id;
  }

  const picturesOf = ({ images }: JobStatusView) =>
    Promise.all(images.map((image) => queue.download(image.download_url)));

  const [alone = Buffer.alloc(0)] = await picturesOf(await reachEnd(queue, await submit({})));

  /** Jobs for a server that has not come yet, and then comes for all of them. */
  async function queueEarly() {
    const scenarios = losses.flatMap((loss) => loss.scenarios).filter(isPlainlyNew);
    const key = await pairAgent(queue.worker, queue.owner, "NewBox");
    const ids = scenarios.map(async (one) => [one, await submit(one.job, "NewBox")] as const);
    const early = new Map(await Promise.all(ids));
    const newcomer = startAgent({ url, key, forgeUrl: lying.url });
    await Promise.all([...early.values()].map((id) => reachEnd(queue, id)));
    newcomer.stop.stopNow();
    await newcomer.end;
    return early;
  }

  const early = await queueEarly();

  async function see(view: JobStatusView | null, at: Start): Promise<Seen> {
    return {
      sent: lying.sent.slice(at.sentCount),
      view,
      pictures: view ? await picturesOf(view) : [],
      alone,
      changedOptions: changedOptions(at.options, await readOptions(forge)),
      mostAtOnce: lying.mostAtOnce(),
    };
  }

  /** Runs a job on a server that comes after it was queued, and goes when it is over. */
  async function runOnNew(server: NewServer, job: Job): Promise<JobStatusView> {
    const alias = `Box${crypto.randomUUID().slice(0, 8)}`;
    const key = await pairAgent(queue.worker, queue.owner, alias);
    const { isDedicated = false, isKilled, ownerLater } = server;
    const id = ownerLater ? null : await submit(job, alias);
    if (isKilled && id !== null) {
      return runAndKill({ url, key, forge, forgeUrl: lying.url }, () => reachEnd(queue, id));
    }
    const newcomer = startAgent({ url, key, forgeUrl: lying.url, box: { isDedicated } });
    try {
      if (id !== null) return await reachEnd(queue, id);
      // After the first run of a model its Forge is looked at anyway.
      for (let runs = 0; runs < 2; runs++) await reachEnd(queue, await submit({}, alias));
      await ownerLater?.(forge);
      return await reachEnd(queue, await submit(job, alias));
    } finally {
      newcomer.stop.stopNow();
      await newcomer.end;
    }
  }

  async function runJob(scenario: Scenario): Promise<JobStatusView> {
    const { job, after, server } = scenario;
    const earlyId = early.get(scenario);
    if (earlyId !== undefined) return reachEnd(queue, earlyId);
    if (server) return runOnNew(server, job);
    const earlier = after && (await submit(after));
    const id = await submit(job);
    if (earlier) await queue.reach(earlier, "completed");
    return reachEnd(queue, id);
  }

  return {
    async run(scenario) {
      const { lie = null, owner, fault } = scenario;
      await owner?.(forge);
      const at = { sentCount: lying.sent.length, options: await readOptions(forge) };
      lying.lie(lie);
      if (fault) forge.faults.set(fault);
      try {
        const view = await runJob(scenario);
        return { ...endedAs(view), seen: await see(view, at) };
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return { ...refusedAs(error.problem), seen: await see(null, at) };
      } finally {
        forge.faults.clear();
        lying.lie(null);
        const now = await readOptions(forge);
        const back = changedOptions(before, now).map((name) => [name, before[name]] as const);
        if (back.length > 0) await setsOptions(Object.fromEntries(back))(forge);
      }
    },
    async stop() {
      agent.stop.stopNow();
      await agent.end;
      await lying.stop();
      await forge.stop();
      await queue.stop();
    },
  };
}
