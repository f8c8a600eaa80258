/**
 * `npm run bench`: how Worker and agent stand, as ratios within one run. It judges nothing by milliseconds and
 * fails only when it breaks. What each number means is told in docs/benchmarks.md.
 */
import { parseArgs } from "node:util";
import { benchAgent } from "./agent.ts";
import { benchLive, LIVE_PARTS, type LivePartName } from "./live/parts.ts";
import { benchMemory } from "./memory.ts";
import { benchPayload } from "./payload.ts";
import { type Measure, showMeasures } from "./report.ts";
import { benchRows } from "./rows.ts";
import { benchSubmit } from "./submit.ts";
import { benchUpload } from "./upload.ts";

const PARTS = ["rows", "submit", "upload", "agent", "live"] as const;
type Part = (typeof PARTS)[number] | LivePartName;

/** At least five, so that one disturbed round decides nothing. */
const ROUNDS = 7;
const MEMORY_ROUNDS = 5;
const AGENT_ROUNDS = 5;

const HELP = `npm run bench [-- options]

  --only ${PARTS.join("|")}
             one part alone; may be given again, and so may a part of live:
             ${LIVE_PARTS.join("|")}
  --quick    without the history of 1e6 jobs, and with the fewest rounds
  --help     this
`;

function tell(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

function isPart(word: string): word is Part {
  return [...PARTS, ...LIVE_PARTS].some((part) => part === word);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const wanted = values.only ?? [...PARTS];
  const unknown = wanted.find((word) => !isPart(word));
  if (unknown !== undefined) {
    throw new Error(`--only does not take ${unknown}`);
  }
  return { parts: wanted.filter(isPart), isQuick: values.quick, isHelp: values.help };
}

async function run(parts: readonly Part[], isQuick: boolean): Promise<void> {
  const measures: Measure[] = [];
  const rounds = isQuick ? 5 : ROUNDS;
  if (parts.includes("rows")) {
    tell("rows: counting what D1 reads and writes in a job's life");
    const histories = isQuick ? [100, 10_000] : [100, 10_000, 1_000_000];
    const rows = await benchRows({ histories, tell });
    measures.push(...rows.measures);
    process.stdout.write(`\n${rows.details}\n`);
  }
  if (parts.includes("submit")) {
    tell("submit: against bare routes");
    measures.push(...(await benchSubmit(rounds)));
  }
  if (parts.includes("upload")) {
    tell("upload: against a bare stream");
    measures.push(...(await benchUpload(rounds)));
    tell("upload: memory, each time with a fresh Worker");
    measures.push(...(await benchMemory(MEMORY_ROUNDS)));
  }
  if (parts.includes("agent")) {
    tell("agent: jobs in line against direct calls of the demo Forge");
    measures.push(...(await benchAgent(AGENT_ROUNDS)));
    tell("agent: memory of a large request, each time in a fresh process");
    measures.push(...(await benchPayload(MEMORY_ROUNDS)));
  }
  const live = LIVE_PARTS.filter((part) => parts.includes("live") || parts.includes(part));
  if (live.length > 0) measures.push(...(await benchLive(live, { isQuick, tell })));
  process.stdout.write(`\n${showMeasures(measures)}`);
}

function readOptionsOrExplain() {
  try {
    return readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return undefined;
  }
}

const options = readOptionsOrExplain();
if (options === undefined) process.exitCode = 1;
else if (options.isHelp) process.stdout.write(HELP);
else await run(options.parts, options.isQuick);
