import { createHash, randomUUID } from "node:crypto";
import { type LeaseGrant, LIMITS } from "@mobilesd/contract";
import {
  type BenchQueue,
  benchJob,
  COUNTED,
  startBenchQueue,
  uploadHeaders,
} from "./bench-queue.ts";
import type { Counts } from "./counts.ts";
import { median } from "./ratio.ts";
import { atMost, type Measure, showTable } from "./report.ts";
import { seedHistory, seedPending } from "./seed-jobs.ts";
import { PNG_SIGNATURE } from "./upload.ts";

/** Lives of a job that are counted for each size of history. */
const LIVES = 5;
const READ_MAX = 20;
const READ_ALTOGETHER_MAX = 30;
const WRITTEN_MAX = 10;
/** Rows that a position may read: those ahead, and one. */
const POSITION_MAX = LIMITS.positionMax + 1;
const PENDING = 10_000;

/** The jobs ahead and the running one: what a position and its estimate are made of. */
const isPosition = (sql: string) =>
  sql.includes("(priority, creation_timestamp, mobilesd_job_id) <") ||
  sql.startsWith('select "cost_megapixel_steps", "checkpoint_name", "started_timestamp"');
const isKeyCheck = (sql: string) => sql.startsWith("select") && sql.includes('from "api_keys"');

/** Rows that one request read and wrote; a position and the check of the key apart from the rest. */
interface StepRows {
  readonly read: number;
  readonly written: number;
  readonly position: number;
  readonly keyCheck: number;
}

function sumUp({ costs }: Counts): StepRows {
  const readBy = (isWanted: (sql: string) => boolean) =>
    costs.filter(({ sql }) => isWanted(sql)).reduce((sum, cost) => sum + cost.rowsRead, 0);
  return {
    read: readBy((sql) => !isPosition(sql) && !isKeyCheck(sql)),
    written: costs.reduce((sum, cost) => sum + cost.rowsWritten, 0),
    position: readBy(isPosition),
    keyCheck: readBy(isKeyCheck),
  };
}

type Life = ReadonlyMap<string, StepRows>;

const sha256Of = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const IMAGE = Buffer.concat([PNG_SIGNATURE, Buffer.from("and what stands for a picture")]);
const PREVIEW = Buffer.from("RIFF\0\0\0\0WEBP and what stands for a picture");

/** What `complete` says of the picture, with the infotext that Forge writes. */
function manifest() {
  const { positive_prompt = "", negative_prompt } = benchJob().generation_params ?? {};
  const settings = "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 42";
  return {
    index: 1,
    mime: "image/png" as const,
    bytes: IMAGE.length,
    sha256: sha256Of(IMAGE),
    width: 512,
    height: 768,
    seed: 42,
    infotext: `${positive_prompt}\nNegative prompt: ${negative_prompt}\n${settings}`,
    preview: { bytes: PREVIEW.length, sha256: sha256Of(PREVIEW) },
  };
}

/** Takes a lease's time away, so that a heartbeat must renew it: nobody waits half a minute. */
async function ageLease(queue: BenchQueue, lease: LeaseGrant): Promise<void> {
  const db = await queue.worker.db();
  await db
    .prepare("UPDATE jobs SET lease_until = lease_until - 40000 WHERE mobilesd_job_id = ?")
    .bind(lease.mobilesd_job_id)
    .run();
}

/** Only a job of more than half a minute has one: the agent's socket stands, so it needs no other heartbeat. */
const RENEWAL = "renewal each 30 s";

/** One life of a job as its owner and its agent lead it, each request counted. Answers the job's id too. */
async function live(queue: BenchQueue): Promise<{ jobId: string; life: Life }> {
  const { owner, agent } = queue;
  const life = new Map<string, StepRows>();
  const count = async <T>(step: string, request: Promise<T>): Promise<T> => {
    const answer = await request;
    life.set(step, sumUp(await queue.takeCounts()));
    return answer;
  };
  await queue.takeCounts();
  const asOwner = { headers: { ...COUNTED, "Idempotency-Key": randomUUID() } };
  await count("submit", owner.call("submitJob", { ...asOwner, body: benchJob() }));

  const headers = { ...queue.agentHeaders, ...COUNTED };
  const claim = { claim_id: randomUUID(), loaded_checkpoint: null, is_connected: true };
  const { job } = await count("claim", agent.call("claimJob", { headers, body: claim }));
  if (!job) throw new Error("Nothing was handed out");
  const params = { id: job.mobilesd_job_id };
  const proof = { epoch: job.epoch, lease_token: job.lease_token };
  const asAgent = { headers, params };
  const start = { ...proof, forge_task_id: "task(bench)" };
  await count("start", agent.call("startJob", { ...asAgent, body: start }));
  await ageLease(queue, job);
  await count(RENEWAL, agent.call("heartbeat", { ...asAgent, body: proof }));

  const upload = (bytes: Buffer, type: string) => ({
    headers: { ...uploadHeaders(queue, job, sha256Of(bytes)), "Content-Type": type, ...COUNTED },
    params: { ...params, index: 1 },
    bytes,
  });
  await count("store picture", agent.call("putImage", upload(IMAGE, "image/png")));
  await count("store preview", agent.call("putPreview", upload(PREVIEW, "image/webp")));
  const done = { ...proof, images: [manifest()], generation_ms: 3_000, model_load_ms: 0 };
  await count("complete", agent.call("completeJob", { ...asAgent, body: done }));
  const status = owner.call("getJobStatus", { headers: COUNTED, params });
  const { images } = await count("status", status);
  if (images.length !== 1) throw new Error("The finished job does not show its picture");
  return { jobId: job.mobilesd_job_id, life };
}

/** The uploads and the check of the keys stand beside the life that the goal counts. */
const UPLOADS = ["store picture", "store preview"];

interface LifeRows {
  readonly read: number;
  /** With the uploads, and with each of the two keys checked once: a checked one is believed for a while. */
  readonly readAltogether: number;
  readonly written: number;
  readonly position: number;
}

function totalOf(life: Life): LifeRows {
  const steps = [...life].filter(([name]) => name !== RENEWAL).map(([, step]) => step);
  const sum = (rows: (step: StepRows) => number) =>
    steps.reduce((total, step) => total + rows(step), 0);
  const readByUploads = UPLOADS.reduce((total, step) => total + (life.get(step)?.read ?? 0), 0);
  const read = sum((step) => step.read);
  return {
    read: read - readByUploads,
    readAltogether: read + 2 * Math.max(...steps.map((step) => step.keyCheck)),
    written: sum((step) => step.written),
    position: Math.max(...steps.map((step) => step.position)),
  };
}

interface Sized {
  readonly label: string;
  readonly lives: readonly Life[];
}

function showSteps(sizes: readonly Sized[]): string {
  const cell = (life: Life, step: string) => {
    const { read = 0, written = 0, position = 0 } = life.get(step) ?? {};
    return `${read}r ${written}w${position > 0 ? ` +${position}r` : ""}`;
  };
  const firstLives = sizes.map(({ lives }) => lives[0] ?? new Map<string, StepRows>());
  const steps = [...(firstLives[0]?.keys() ?? [])];
  return showTable([
    ["rows read, written, +position", ...sizes.map(({ label }) => label)],
    ...steps.map((step) => [step, ...firstLives.map((life) => cell(life, step))]),
  ]);
}

/** One number for every size, each the median of its lives; the largest is held against the limit. */
function measureOf(
  name: string,
  sizes: readonly Sized[],
  rows: keyof LifeRows,
  limit: number,
): Measure {
  const bySize = sizes.map(({ lives }) => lives.map((life) => totalOf(life)[rows]));
  const medians = bySize.map(median);
  const all = bySize.flat();
  const shown = `${medians.join(", ")} (${Math.min(...all)}–${Math.max(...all)})`;
  return atMost(name, Math.max(...medians), limit, shown);
}

/** Flat means that not one row more is read or written beside more history. */
function flatness(sizes: readonly Sized[]): Measure {
  const ratios = (["read", "written"] as const).map((rows) => {
    const medians = sizes.map(({ lives }) => median(lives.map((life) => totalOf(life)[rows])));
    return Math.max(...medians) / Math.min(...medians);
  });
  return {
    name: "rows beside the most history / beside the least: read, written",
    value: ratios.map((ratio) => `${ratio.toFixed(2)}×`).join(", "),
    goal: "1× (flat)",
    isMet: ratios.every((ratio) => ratio === 1),
  };
}

/** `sizes` are the histories, and then the one with a line of waiting jobs. */
function measuresOf(sizes: readonly Sized[]): Measure[] {
  return [
    measureOf("rows read in a job's life, but for the position", sizes, "read", READ_MAX),
    measureOf(
      "  with both uploads, and both keys checked",
      sizes,
      "readAltogether",
      READ_ALTOGETHER_MAX,
    ),
    measureOf("rows written in a job's life", sizes, "written", WRITTEN_MAX),
    measureOf("rows read for a position", sizes, "position", POSITION_MAX),
    flatness(sizes.slice(0, -1)),
  ];
}

/** Counts the D1 rows of a job's life beside histories of several sizes, and then with a long queue. */
export async function benchRows(options: {
  histories: readonly number[];
  tell: (line: string) => void;
}): Promise<{ measures: Measure[]; details: string }> {
  // A key is checked at every request, so that what a check costs is seen.
  const queue = await startBenchQueue({ authCacheTtlMs: 1 });
  try {
    const sizes: Sized[] = [];
    const measure = async (label: string) => {
      const lives: Life[] = [];
      for (let life = 0; life < LIVES; life++) lives.push((await live(queue)).life);
      sizes.push({ label, lives });
    };
    // The first life also notes when each key was last used, which is written once an hour.
    const { jobId } = await live(queue);
    let last = 0;
    for (const history of options.histories) {
      const startedAt = performance.now();
      await seedHistory(await queue.worker.db(), jobId, { first: last + 1, last: history });
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      options.tell(`history of ${history} jobs made in ${seconds} s`);
      last = history;
      await measure(`${history.toExponential(0).replace("+", "")} in history`);
    }
    const waiting = await queue.owner.call("submitJob", { body: benchJob() });
    if (!("mobilesd_job_id" in waiting)) throw new Error("The submit answered like a dry run");
    await seedPending(await queue.worker.db(), waiting.mobilesd_job_id, PENDING);
    await measure("and 1e4 waiting");
    return { measures: measuresOf(sizes), details: showSteps(sizes) };
  } finally {
    await queue.stop();
  }
}
