import { randomUUID } from "node:crypto";
import { LIMITS } from "@mobilesd/contract";
import { ALIAS } from "../support/box/queue.ts";
import { authOf, type BenchQueue, benchJob, COUNTED, startBenchQueue } from "./bench-queue.ts";
import { seedPending } from "./seed-jobs.ts";
import { interleave, median, ratioOf, showRatio } from "./ratio.ts";
import { atMost, type Measure } from "./report.ts";
import type { BareSubmit } from "./bare-submit.ts";

const REQUESTS_PER_ROUND = 100;
const CONCURRENCY = 4;
const RATIO_MAX = 2;
const PENDING = 1_000;

/** Sends so many requests, a few at once, and answers the median of their times in milliseconds. */
async function medianMs(send: () => Promise<Response>): Promise<number> {
  const times: number[] = [];
  let left = REQUESTS_PER_ROUND;
  const sendInTurn = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      const response = await send();
      const answer = await response.text();
      times.push(performance.now() - startedAt);
      if (response.status !== 200) throw new Error(`${response.status}: ${answer}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sendInTurn));
  return median(times);
}

function submit(queue: BenchQueue, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${queue.worker.url}/api/v2/generate`, {
    method: "POST",
    headers: {
      ...authOf(queue.ownerKey),
      "Content-Type": "application/json",
      "Idempotency-Key": randomUUID(),
      ...headers,
    },
    body: JSON.stringify(benchJob()),
  });
}

/** What a real submit did: how many D1 calls it made, and the rows it stored. */
async function readSubmit(queue: BenchQueue): Promise<Omit<BareSubmit, "ahead">> {
  // The key is checked by the first, and believed at the second.
  await submit(queue);
  await queue.takeCounts();
  const answer = (await (await submit(queue, COUNTED)).json()) as { mobilesd_job_id: string };
  const { calls } = await queue.takeCounts();
  const db = await queue.worker.db();
  const job = await db
    .prepare("SELECT * FROM jobs WHERE mobilesd_job_id = ?")
    .bind(answer.mobilesd_job_id)
    .first<BareSubmit["job"]>();
  const record = await db
    .prepare("SELECT * FROM idempotency_records WHERE instr(answer_json, ?) > 0")
    .bind(answer.mobilesd_job_id)
    .first<BareSubmit["record"]>();
  if (!job || !record) throw new Error("The submit stored no job or no idempotency record");
  return { calls, alias: ALIAS, job, record };
}

/** A job so far behind that each position reads all the rows that it may. */
async function lengthenQueue(queue: BenchQueue): Promise<void> {
  const db = await queue.worker.db();
  const job = await db
    .prepare("SELECT mobilesd_job_id AS id FROM jobs LIMIT 1")
    .first<{ id: string }>();
  if (!job) throw new Error("There is no job to copy");
  await seedPending(db, job.id, PENDING);
}

/** Compares a submit with bare routes, round by round. Between rounds the line is as it was. */
async function compare(queue: BenchQueue, rounds: number, ahead: number) {
  const pattern = await readSubmit(queue);
  const bare = (calls: number, rows: number) => () =>
    fetch(`${queue.worker.url}/bench/submit`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...pattern, calls, ahead: rows } satisfies BareSubmit),
    });
  const newest = pattern.job.creation_timestamp ?? "";
  const round = async (send: () => Promise<Response>) => {
    const ms = await medianMs(send);
    const db = await queue.worker.db();
    await db.prepare("DELETE FROM jobs WHERE creation_timestamp >= ?").bind(newest).run();
    return ms;
  };
  const times = await interleave(rounds, {
    ours: () => round(() => submit(queue)),
    bare: () => round(bare(pattern.calls, ahead)),
    least: () => round(bare(2, 0)),
  });
  return { times, calls: pattern.calls };
}

/** Holds a submit against a bare route that makes as many D1 calls, with nobody waiting and with many. */
export async function benchSubmit(rounds: number): Promise<Measure[]> {
  const queue = await startBenchQueue();
  try {
    // Everything is compiled and cached once before it is timed.
    await medianMs(() => submit(queue));
    await (await queue.worker.db()).prepare("DELETE FROM jobs").run();
    const short = await compare(queue, rounds, 0);
    await submit(queue);
    await lengthenQueue(queue);
    const long = await compare(queue, rounds, LIMITS.positionMax);
    const held = (name: string, { times, calls }: typeof short): Measure => {
      const ratio = ratioOf(times.ours, times.bare);
      return atMost(`${name} (${calls} calls)`, ratio.median, RATIO_MAX, showRatio(ratio));
    };
    const least = ratioOf(short.times.ours, short.times.least);
    return [
      held("submit / bare route with as many D1 calls", short),
      held("the same behind 1e3 waiting jobs", long),
      { name: "submit / bare route with one read and one batch", value: showRatio(least) },
    ];
  } finally {
    await queue.stop();
  }
}
