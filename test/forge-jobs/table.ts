import type { ForgeConnection } from "../forge-api/forge/connection.ts";
import type { Box } from "./box.ts";
import { comparePictures } from "./compare.ts";
import { askDirectly } from "./direct.ts";
import type { Lab } from "./lab.ts";
import type { Need } from "./needs.ts";
import type { OwnOptions } from "./options.ts";
import { isSame, showDistance, spreadOf } from "./pictures.ts";
import { IMG2IMG } from "./rows/img2img.ts";
import { PAIRS, type Pair, SECOND } from "./rows/pairs.ts";
import { type Job, QUEUED, type Row, type Words } from "./rows/row.ts";
import { SCRIPTS } from "./rows/scripts.ts";
import { TXT2IMG } from "./rows/txt2img.ts";

/** Everything that a run works with. */
export interface Run {
  readonly forge: ForgeConnection;
  readonly lab: Lab;
  readonly box: Box;
  readonly options: OwnOptions;
  readonly words: Words;
}

/** What became of one row. */
export type Outcome =
  | { readonly type: "passed"; readonly name: string; readonly note: string | null }
  | { readonly type: "failed"; readonly name: string; readonly differences: readonly string[] }
  | { readonly type: "left out"; readonly name: string; readonly needs: readonly Need[] };

/** What was found out about one row: it passed where there is no difference. */
interface Finding {
  readonly differences: readonly string[];
  readonly note: string | null;
}

/** The pictures of the direct calls so far, by the name of the row: two that are equal prove nothing. */
type Seen = Map<string, readonly Buffer[]>;

/** What rows of one round know of each other. */
interface Round {
  readonly seen: Seen;
  /** The pictures of the pairs' second job before any first one ran; null until a pair runs. */
  alone: readonly Buffer[] | null;
}

/** Jobs that are put between equal direct calls, so that each finds Forge's generator somewhere else. */
const OTHER_JOBS = [
  { seed: 900, sampler_name: "Euler a" },
  { seed: 901, sampler_name: "DPM++ 2M", steps: 3 },
  { seed: 902, batch_size: 2 },
] as const;

const queue = ({ box, lab, words }: Run, job: Job) =>
  box.run({ ...QUEUED, checkpoint_name: lab.main.base, ...job.queued(words) });

/** Asks Forge itself; what that leaves behind is none of the agent's doing, and is put back. */
async function direct({ forge, options }: Run, fields: Readonly<Record<string, unknown>>) {
  try {
    return await askDirectly(forge, fields);
  } finally {
    await options.restore();
  }
}

/** What the agent left behind in Forge's options, which are put back. */
async function leftBehind({ options }: Run): Promise<string[]> {
  const differences = await options.differences();
  if (differences.length > 0) await options.restore();
  return differences.map((difference) => `left behind: ${difference}`);
}

function sameAsEarlier(seen: Seen, name: string, pictures: readonly Buffer[]): string[] {
  const [first] = pictures;
  const twins = [...seen].filter(([, earlier]) => first && earlier[0]?.equals(first));
  seen.set(name, pictures);
  return twins.map(([twin]) => `it is the same picture as "${twin}", and so proves nothing`);
}

async function runExactly(run: Run, row: Row, seen: Seen): Promise<Finding> {
  const queued = await queue(run, row);
  const left = await leftBehind(run);
  const directly = await direct(run, row.direct(run.words));
  const differences = [
    ...left,
    ...(await comparePictures(queued, directly)),
    ...sameAsEarlier(seen, row.name, directly),
  ];
  return { differences, note: null };
}

/** Three equal direct calls, with other jobs between them and the same plain one right before each. */
async function askThrice(run: Run, row: Row): Promise<Buffer[][]> {
  const answers: Buffer[][] = [];
  for (const other of OTHER_JOBS) {
    await direct(run, other);
    await direct(run, {});
    answers.push(await direct(run, row.direct(run.words)));
  }
  return answers;
}

/**
 * Forge's VAE draws the noise for an input picture from where the job before left its generator. The same
 * plain job before the queued one and before each direct one leaves it alike, so that they can be equal;
 * what the direct ones still differ by among each other is granted.
 */
async function runAfterPlain(run: Run, row: Row, seen: Seen): Promise<Finding> {
  await direct(run, {});
  const queued = await queue(run, row);
  const left = await leftBehind(run);
  const answers = await askThrice(run, row);
  const spread = await spreadOf(answers.flatMap(([picture]) => picture ?? []));
  const [directly = []] = answers;
  const differences = [
    ...left,
    ...(await comparePictures(queued, directly, isSame(spread) ? null : spread)),
    ...sameAsEarlier(seen, row.name, directly),
  ];
  const note = isSame(spread) ? null : `equal direct calls differ by ${showDistance(spread)}`;
  return { differences, note };
}

async function runPair(run: Run, { first }: Pair, round: Round): Promise<Finding> {
  const alone = round.alone ?? (await direct(run, SECOND.direct(run.words)));
  round.alone = alone;
  const firstQueued = await queue(run, first);
  const secondQueued = await queue(run, SECOND);
  const left = await leftBehind(run);
  const firstDirectly = await direct(run, first.direct(run.words));
  const isIdle = firstDirectly[0] !== undefined && alone[0]?.equals(firstDirectly[0]);
  const told = (which: string, found: readonly string[]) =>
    found.map((difference) => `${which}, ${difference}`);
  const differences = [
    ...left,
    ...told("the first job", await comparePictures(firstQueued, firstDirectly)),
    ...told("the second job", await comparePictures(secondQueued, alone)),
    ...(isIdle ? ["both jobs draw the same picture, which proves nothing"] : []),
  ];
  return { differences, note: null };
}

type Entry = Pick<Row, "name" | "needs"> & {
  readonly find: (run: Run, round: Round) => Promise<Finding>;
};

async function settle({ name, find }: Entry, run: Run, round: Round): Promise<Outcome> {
  try {
    const { differences, note } = await find(run, round);
    if (differences.length === 0) return { type: "passed", name, note };
    return { type: "failed", name, differences };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { type: "failed", name, differences: [message, ...(await leftBehind(run))] };
  }
}

/** Pairs come first, before anything else was overridden. */
const ENTRIES: readonly Entry[] = [
  ...PAIRS.map((pair) => ({
    ...pair,
    find: (run: Run, round: Round) => runPair(run, pair, round),
  })),
  ...[...TXT2IMG, ...IMG2IMG, ...SCRIPTS].map((row) => ({
    ...row,
    find: (run: Run, { seen }: Round) =>
      row.isFromPicture ? runAfterPlain(run, row, seen) : runExactly(run, row, seen),
  })),
];

/** The names of all rows, in the order in which they run. */
export const ROW_NAMES: readonly string[] = ENTRIES.map(({ name }) => name);

/**
 * Runs rows of the table and yields what became of each: those of `names`, in the table's order. Ends early,
 * after the row under way, when `signal` is aborted.
 */
export async function* runTable(
  run: Run,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Outcome> {
  const round: Round = { alone: null, seen: new Map() };
  for (const entry of ENTRIES) {
    if (signal.aborted) return;
    const { name, needs } = entry;
    if (!names.includes(name)) continue;
    const lacking = needs.filter((need) => run.lab.lacks.has(need));
    yield lacking.length > 0
      ? { type: "left out", name, needs: lacking }
      : await settle(entry, run, round);
  }
}
