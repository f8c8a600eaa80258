import type { JobRecord } from "../../../tunnel-agent/demo-forge/job-record.ts";
import { ALIAS } from "../../support/box/queue.ts";
import { interleave, median, ratioOf, showRatio } from "../ratio.ts";
import { atMost, type Measure } from "../report.ts";
import { DIRECT, type LiveBox, startLiveBox } from "./box.ts";
import { watch } from "./watcher.ts";

const GAP_MAX = 0.1;
const SLOWDOWN_MAX = 1.03;
/** Jobs that run one after the other in a round; between them lie one gap less. */
const JOBS = 9;
/** Jobs that wait at any time: the line is never seen to end. */
const BACKLOG = 20;
/** Some 1.5 s on the demo's card. */
const PICTURE = { width: 512, height: 768, steps: 8 };

interface Row {
  /** Milliseconds between the end of one and the begin of the next, on the Forge's own clock. */
  readonly gaps: readonly number[];
  /** Milliseconds that each held the lock. */
  readonly runs: readonly number[];
}

function rowOf(records: readonly JobRecord[]): Row {
  const at = (time: number | null) => time ?? Number.NaN;
  const gaps = records
    .slice(1)
    .map(({ beginAt }, index) => at(beginAt) - at(records[index]?.endAt ?? null));
  return { gaps, runs: records.map(({ beginAt, endAt }) => at(endAt) - at(beginAt)) };
}

/** Lets the queue run until so many jobs have ended in a row, and pauses it when nothing runs any more. */
async function runQueued(box: LiveBox): Promise<Row> {
  const { owner } = box.queue;
  const params = { alias: ALIAS };
  const from = (await box.forge.jobs()).length;
  await owner.call("resumeServer", { params });
  const isEnd = ({ endAt }: JobRecord) => endAt !== null;
  await box.reachRun("a row of jobs has ended", from + JOBS - 1, isEnd);
  await owner.call("pauseServer", { params });
  const row = rowOf((await box.forge.jobs(from)).slice(0, JOBS));
  await untilFree(box);
  return row;
}

/** Waits until the server's agent holds nothing and its Forge has answered everything. */
async function untilFree(box: LiveBox): Promise<void> {
  const { queue, forge } = box;
  for (let calm = 0; calm < 3; ) {
    const { held_jobs } = await queue.owner.call("pauseServer", { params: { alias: ALIAS } });
    const isAnswered = (await forge.jobs()).every(({ answeredAt }) => answeredAt !== null);
    calm = held_jobs === 0 && isAnswered ? calm + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function runDirect(box: LiveBox): Promise<Row> {
  const from = (await box.forge.jobs()).length;
  for (let job = 0; job < JOBS; job++) await box.draw(PICTURE);
  const records = await box.forge.jobs(from);
  if (!records.every(({ taskId }) => taskId.startsWith(DIRECT))) {
    throw new Error("The queue's jobs ran among the direct ones");
  }
  return rowOf(records);
}

async function runWatched(box: LiveBox): Promise<Row> {
  const watcher = await watch(box.proxy.url, box.queue.ownerKey);
  try {
    const row = await runQueued(box);
    if (!watcher.heard.some(({ event }) => event.type === "preview")) {
      throw new Error("The watcher saw no picture grow");
    }
    return row;
  } finally {
    watcher.close();
  }
}

const showMs = (values: readonly number[]) => `${median(values).toFixed(1)} ms`;

/** What the rows say of one thing, each round's median of it. */
function ratioBy(rows: Readonly<Record<"ours" | "direct", readonly Row[]>>, part: keyof Row) {
  const medians = (of: readonly Row[]) => of.map((row) => median(row[part]));
  return ratioOf(medians(rows.ours), medians(rows.direct));
}

/** Holds the time that the GPU idles between two jobs, and the time of a job, against direct calls in a row. */
export async function benchGap(rounds: number): Promise<Measure[]> {
  const box = await startLiveBox({ timeScale: 1 });
  try {
    await box.queue.owner.call("pauseServer", { params: { alias: ALIAS } });
    const jobs = (rounds + 1) * 2 * (JOBS + 3) + BACKLOG;
    for (let job = 0; job < jobs; job++) await box.submit(PICTURE, box.queue.owner);
    const rows = { unwatched: [] as Row[], watched: [] as Row[], direct: [] as Row[] };
    const keep = (name: keyof typeof rows, run: (box: LiveBox) => Promise<Row>) => async () => {
      const row = await run(box);
      rows[name].push(row);
      return 0;
    };
    const variants = {
      unwatched: keep("unwatched", runQueued),
      watched: keep("watched", runWatched),
      direct: keep("direct", runDirect),
    };
    await interleave(1, variants);
    for (const name of ["unwatched", "watched", "direct"] as const) rows[name].length = 0;
    await interleave(rounds, variants);
    const gapsOf = (of: readonly Row[]) => of.flatMap(({ gaps }) => gaps);
    const held = (
      name: string,
      ours: readonly Row[],
      part: keyof Row,
      limit: number,
      digits = 2,
    ) => {
      const ratio = ratioBy({ ours, direct: rows.direct }, part);
      return atMost(name, ratio.median, limit, showRatio(ratio, digits));
    };
    const worst = Math.max(...gapsOf(rows.unwatched)).toFixed(1);
    return [
      held("GPU idle between jobs / between direct calls", rows.unwatched, "gaps", GAP_MAX, 3),
      held("  the same while somebody watches", rows.watched, "gaps", GAP_MAX, 3),
      {
        name: "  time: ours (longest), watched, direct",
        value: [
          `${showMs(gapsOf(rows.unwatched))} (${worst})`,
          showMs(gapsOf(rows.watched)),
          showMs(gapsOf(rows.direct)),
        ].join(", "),
      },
      held("a generation that we poll / a direct one", rows.unwatched, "runs", SLOWDOWN_MAX, 3),
      held("  the same while somebody watches", rows.watched, "runs", SLOWDOWN_MAX, 3),
    ];
  } finally {
    await box.stop();
  }
}
