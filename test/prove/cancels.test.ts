import { setTimeout as wait } from "node:timers/promises";
import { type CancelAnswer, ProblemError } from "@mobilesd/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobRecord } from "../../tunnel-agent/demo-forge/job-record.ts";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { openJournal } from "../../tunnel-agent/src/journal.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { pairAgent, type Queue, SMALL_JOB, startQueue } from "../support/box/queue.ts";
import { seededRandom } from "../support/box/seeded.ts";
import { until } from "../support/box/until.ts";

const SEED = 7;
const BOXES = 4;
const CANCELS_PER_BOX = 50;
/** Steps of a job that is to be cancelled: long in Forge, so that many cancels meet it there; and of the one behind. */
const STEPS = { target: 60, next: 30 };
type Kind = keyof typeof STEPS;
/** Pictures that differ, each drawn once without any disturbance. */
const PICTURES = 4;
/** Rounds whose jobs may be in line at once: so that whoever is cancelled often waits itself. */
const ROUNDS_AHEAD = 3;

/** Jobs are handed over early, so that many cancels meet two in Forge; and nobody looks oftener than it takes. */
const DURATIONS = {
  ...PATIENT,
  prePostLeadMs: 3_000,
  forgePollMs: 30,
  forgePollUnwatchedMs: 60,
};
/** How often a job is asked whether it is over: each question is work for the same machine. */
const ASK_EVERY_MS = 80;
const OVER_LIMIT_MS = 60_000;

interface Box {
  readonly alias: string;
  readonly forge: DemoForge;
  readonly agent: TestAgent;
}

/** A job to be cancelled, what the cancel was answered, and the job behind it. */
interface Round {
  readonly box: Box;
  readonly target: string;
  readonly next: string;
  readonly answered: CancelAnswer["status"] | "already_finished";
}

let queue: Queue;
let boxes: Box[];
/** Checksums of pictures that were drawn in peace, by their number. */
let whole: Record<Kind, Map<number, string>>;
let rounds: Round[];

async function startBox(at: number): Promise<Box> {
  const alias = `box-${at}`;
  const key = await pairAgent(queue.worker, queue.owner, alias);
  const forge = await startDemoForge({ timeScale: 0.5 });
  return { alias, forge, agent: startAgent({ url: queue.worker.url, key, forgeUrl: forge.url }) };
}

async function submit(box: Box, kind: Kind, seed: number): Promise<string> {
  const params = { ...SMALL_JOB, width: 64, height: 64, steps: STEPS[kind], seed };
  const answer = await queue.owner.call("submitJob", {
    body: { app_type: "forge", target_server_alias: box.alias, generation_params: params },
  });
  if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
  return answer.mobilesd_job_id;
}

async function cancel(id: string): Promise<Round["answered"]> {
  try {
    return (await queue.owner.call("cancelJob", { params: { id } })).status;
  } catch (error) {
    if (error instanceof ProblemError && error.is("already_finished")) return "already_finished";
    throw error;
  }
}

/** Waits until a job is over. */
async function over(id: string): Promise<void> {
  const deadline = performance.now() + OVER_LIMIT_MS;
  for (;;) {
    const { status } = await queue.status(id);
    if (status !== "pending" && status !== "processing") return;
    if (performance.now() > deadline) throw new Error(`Job ${id} is ${status} still`);
    await wait(ASK_EVERY_MS);
  }
}

interface Fate {
  readonly status: string;
  /** Times that it was begun, and that it was cut short. */
  readonly attempts: number;
  readonly interruptions: number;
}

/** What became of all jobs. */
async function fates(): Promise<Map<string, Fate>> {
  const db = await queue.worker.db();
  const columns = "status, attempt_count AS attempts, interruption_count AS interruptions";
  const { results } = await db
    .prepare(`SELECT mobilesd_job_id AS id, ${columns} FROM jobs`)
    .all<Fate & { id: string }>();
  return new Map(results.map(({ id, ...rest }) => [id, rest]));
}

/** The checksum of each job's only picture, as it is stored. */
async function picturesOf(ids: readonly string[]): Promise<Map<string, string>> {
  const db = await queue.worker.db();
  const { results } = await db
    .prepare("SELECT mobilesd_job_id AS id, sha256 FROM images")
    .all<{ id: string; sha256: string }>();
  const wanted = new Set(ids);
  return new Map(results.filter(({ id }) => wanted.has(id)).map(({ id, sha256 }) => [id, sha256]));
}

/** How long a job takes that nobody disturbs, in milliseconds: from its submit to its end, and in Forge. */
interface Peace {
  readonly wholeMs: number;
  readonly forgeMs: number;
}

/** Draws each picture once. Answers their checksums, and how long each took. */
async function drawInPeace(box: Box, kind: Kind) {
  const ids: string[] = [];
  const startedAt = performance.now();
  for (let seed = 0; seed < PICTURES; seed++) {
    const id = await submit(box, kind, seed);
    await over(id);
    ids.push(id);
  }
  const wholeMs = (performance.now() - startedAt) / PICTURES;
  const forgeMs = box.forge.jobs
    .slice(-PICTURES)
    .map(({ beginAt, endAt }) => (endAt ?? 0) - (beginAt ?? 0));
  const pictures = await picturesOf(ids);
  return {
    checksums: new Map(ids.map((id, seed) => [seed, pictures.get(id) ?? ""])),
    peace: { wholeMs, forgeMs: Math.max(...forgeMs) } satisfies Peace,
  };
}

/** Waits until Forge runs a job, or has run it. */
async function begun(box: Box, id: string): Promise<void> {
  const { view } = box.agent;
  const hasEnded = () => view().lately.some(({ jobId }) => jobId === id);
  await until("the target begins", () => view().current?.jobId === id || hasEnded(), OVER_LIMIT_MS);
}

/** Waits until Forge has no more to do with a job that it ran. */
async function drawn(box: Box, id: string): Promise<void> {
  await begun(box, id);
  const { view } = box.agent;
  await until("the target is drawn", () => view().current?.jobId !== id, OVER_LIMIT_MS);
}

/** Waits until a job waits in Forge's own line, behind another of ours, or has begun. */
async function handedOver(box: Box, id: string): Promise<void> {
  const { view } = box.agent;
  const isInLine = () => view().next?.jobId === id && view().next?.where === "in Forge";
  const hasBegun = () => view().current?.jobId === id;
  const hasEnded = () => view().lately.some(({ jobId }) => jobId === id);
  const isThere = () => isInLine() || hasBegun() || hasEnded();
  await until("the target is handed to Forge", isThere, OVER_LIMIT_MS);
}

/**
 * A moment of a job's life left to chance: at once, when it mostly waits in the queue, of all of it, of its time in
 * Forge's line, of the one on the GPU, or of what comes after, in turn.
 */
async function randomMoment(
  box: Box,
  id: string,
  { part, random, peace }: { part: number; random: number; peace: Peace },
): Promise<void> {
  switch (part % 5) {
    case 0:
      return wait((random * peace.wholeMs) / 20);
    case 1:
      return wait(random * peace.wholeMs);
    case 2:
      await handedOver(box, id);
      return wait((random * peace.forgeMs) / 8);
    case 3:
      await begun(box, id);
      return wait(random * peace.forgeMs);
    default:
      await drawn(box, id);
      // Long enough to be too late now and then, although other boxes want the queue as well.
      return wait(random * peace.wholeMs * 2);
  }
}

/** Cancels jobs at random moments, each with another behind. */
async function cancelAtRandom(box: Box, random: () => number, peace: Peace): Promise<Round[]> {
  const made: Round[] = [];
  for (let at = 0; at < CANCELS_PER_BOX; at++) {
    const target = await submit(box, "target", at % PICTURES);
    const next = await submit(box, "next", at % PICTURES);
    await randomMoment(box, target, { part: at, random: random(), peace });
    made.push({ box, target, next, answered: await cancel(target) });
    const behind = made[at - ROUNDS_AHEAD + 1];
    if (behind) await over(behind.next);
  }
  for (const { target, next } of made) {
    await over(target);
    await over(next);
  }
  return made;
}

beforeAll(async () => {
  queue = await startQueue(DURATIONS);
  boxes = await Promise.all(Array.from({ length: BOXES }, (_, at) => startBox(at)));
  const [first] = boxes;
  if (!first) throw new Error("There is no box");
  // The first round only loads the model.
  await over(await submit(first, "next", 0));
  const next = await drawInPeace(first, "next");
  const { checksums: target, peace } = await drawInPeace(first, "target");
  whole = { target, next: next.checksums };
  const random = seededRandom(SEED);
  rounds = (await Promise.all(boxes.map((box) => cancelAtRandom(box, random, peace)))).flat();
}, 600_000);

afterAll(async () => {
  for (const { agent } of boxes) agent.stop.stopNow();
  await Promise.all(boxes.map(({ agent }) => agent.end));
  await Promise.all(boxes.map(({ forge }) => forge.stop()));
  await queue.stop();
});

describe("two hundred cancels at moments left to chance, each with another job behind", () => {
  it("meet jobs that wait, that run and that are done", () => {
    const interrupted = boxes.flatMap(({ forge }) => forge.jobs.filter((job) => job.isInterrupted));
    const count = (answered: Round["answered"]) =>
      rounds.filter((round) => round.answered === answered).length;
    expect(rounds).toHaveLength(BOXES * CANCELS_PER_BOX);
    expect(interrupted.length).toBeGreaterThan(20);
    expect(count("cancelled")).toBeGreaterThan(3);
    expect(count("processing")).toBeGreaterThan(20);
    expect(count("already_finished")).toBeGreaterThan(3);
  });

  it("meet two jobs in Forge, one of them in its lock, so that the other could be harmed", () => {
    const ofAll = (count: (jobs: readonly JobRecord[]) => number) =>
      boxes.reduce((sum, { forge }) => sum + count(forge.jobs), 0);
    const isIn = (at: number, from: number | null, to: number | null) =>
      from !== null && from < at && at < (to ?? Number.POSITIVE_INFINITY);
    const handedOverEarly = ofAll(
      (jobs) =>
        jobs.filter(({ arrivedAt }) => jobs.some((one) => isIn(arrivedAt, one.beginAt, one.endAt)))
          .length,
    );
    const interruptedBeforeAnother = ofAll(
      (jobs) =>
        jobs.filter(({ interruptedAt: at }) =>
          jobs.some((one) => at !== null && isIn(at, one.arrivedAt, one.beginAt)),
        ).length,
    );
    expect(handedOverEarly).toBeGreaterThan(50);
    expect(interruptedBeforeAnother).toBeGreaterThan(5);
  });

  it("end as they were answered: cancelled, or completed where it was too late", async () => {
    const known = await fates();
    const ended = rounds.map(({ target }) => [target, known.get(target)?.status]);
    const answered = rounds.map(({ target, answered }) => [
      target,
      answered === "already_finished" ? "completed" : "cancelled",
    ]);
    expect(ended).toEqual(answered);
  });

  it("harm no other job: every picture is the one that was drawn in peace", async () => {
    expect(new Set(Object.values(whole).flatMap((one) => [...one.values()])).size).toBe(
      2 * PICTURES,
    );
    const drawnOf = (kind: Kind, at: number) => whole[kind].get((at % CANCELS_PER_BOX) % PICTURES);
    const expected = new Map(
      rounds.flatMap(({ target, next, answered }, at) => [
        [next, drawnOf("next", at)] as const,
        ...(answered === "already_finished" ? [[target, drawnOf("target", at)] as const] : []),
      ]),
    );
    expect(await picturesOf([...expected.keys()])).toEqual(expected);
    const known = await fates();
    const undisturbed: Fate = { status: "completed", attempts: 1, interruptions: 0 };
    expect(rounds.map(({ next }) => known.get(next))).toEqual(rounds.map(() => undisturbed));
  });

  it("leave nothing behind: no picture of a cancelled job, no run in Forge, none in the journal", async () => {
    const cancelled = rounds.filter(({ answered }) => answered !== "already_finished");
    expect(await picturesOf(cancelled.map(({ target }) => target))).toEqual(new Map());
    for (const { agent, forge } of boxes) {
      const openRuns = () => openJournal(agent.stateDir).openRuns();
      await until("nothing runs", () => forge.jobs.every((job) => job.endAt !== null));
      await until("the agent has nothing in hand", () => {
        const { current, next, uploads } = agent.view();
        return current === null && next === null && uploads.length === 0;
      });
      await until("no run is in its journal", () => openRuns().length === 0);
    }
  });
});
