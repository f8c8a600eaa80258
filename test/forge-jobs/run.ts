import { readdir } from "node:fs/promises";
import { Command } from "commander";
import { connectForge, type ForgeConnection } from "../forge-api/forge/connection.ts";
import { RefusedForge } from "../forge-api/forge/idle.ts";
import type { OwnOptions } from "./options.ts";
import { describeOutcome, describeSums } from "./report.ts";
import { openForge, openRun } from "./session.ts";
import { type Outcome, ROW_NAMES, runTable } from "./table.ts";

interface Flags {
  url: string;
  auth?: string;
  outputs?: string;
  only?: string[];
}

const EXITS = { passed: 0, failed: 1, refused: 2, stopped: 130 };

const ABOUT = [
  "Queues every kind of job over HTTP, through a queue in workerd and an agent, and holds each picture to the one that a Stable Diffusion WebUI Forge draws when it is asked directly.",
  "It makes some 150 small pictures and saves none. Settings are put back at the end, after a failure and after Ctrl-C as well.",
].join("\n\n");

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** How a person ends a run before its time. */
interface Stopping {
  readonly signal: AbortSignal;
  /** Leaves signals to this program alone: Miniflare would end it on the spot, with nothing put back. */
  claim(): void;
}

/** Aborts at the first signal; the second one puts the options back at once and ends the process. */
function listenForStop(restore: () => Promise<boolean>): Stopping {
  const stop = new AbortController();
  const handle = () => {
    if (stop.signal.aborted) {
      void restore().finally(() => process.exit(EXITS.stopped));
      return;
    }
    tell("Stopping: waiting for the job under way (a second Ctrl-C does not wait).");
    stop.abort();
  };
  const claim = () => {
    for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, handle);
  };
  claim();
  return { signal: stop.signal, claim };
}

async function restore(options: OwnOptions | null): Promise<boolean> {
  if (options === null) return true;
  try {
    const differences = await options.restore();
    for (const difference of differences) tell(`NOT PUT BACK: ${difference}`);
    if (differences.length === 0) tell("All options are as they were.");
    return differences.length === 0;
  } catch (error) {
    tell(`NOT PUT BACK, Forge does not answer: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** The files in Forge's folder of outputs, where it is on this machine. */
async function filesIn(folder: string | undefined): Promise<ReadonlySet<string>> {
  if (folder === undefined) return new Set();
  return new Set(await readdir(folder, { recursive: true }));
}

function chooseRows(only: string[] | undefined): readonly string[] {
  const chosen = ROW_NAMES.filter(
    (name) => only === undefined || only.some((begin) => name.startsWith(begin)),
  );
  if (chosen.length > 0) return chosen;
  throw new RefusedForge(`--only names no job. The jobs are: ${ROW_NAMES.join("; ")}.`);
}

interface Wanted {
  readonly login: string | null;
  readonly names: readonly string[];
  readonly stopping: Stopping;
}

async function runRows(
  forge: ForgeConnection,
  options: OwnOptions,
  { login, names, stopping }: Wanted,
): Promise<Outcome[]> {
  const run = await openRun(forge, login, options);
  stopping.claim();
  const { main, other } = run.lab;
  tell(`Forge at ${forge.url}: checkpoints ${main.title}, ${other.title || "no other"}`);
  const outcomes: Outcome[] = [];
  try {
    let beganAt = performance.now();
    for await (const outcome of runTable(run, names, stopping.signal)) {
      outcomes.push(outcome);
      for (const line of describeOutcome(outcome, performance.now() - beganAt)) tell(line);
      beganAt = performance.now();
    }
  } finally {
    await run.box.stop();
  }
  return outcomes;
}

async function run({ url, auth, outputs, only }: Flags): Promise<number> {
  const names = chooseRows(only);
  const login = auth ?? null;
  const forge = connectForge(url.replace(/\/+$/, ""), login);
  const filesBefore = await filesIn(outputs);
  let options: OwnOptions | null = null;
  const stopping = listenForStop(() => restore(options));
  let outcomes: Outcome[] = [];
  let isAsBefore = true;
  try {
    options = await openForge(forge);
    outcomes = await runRows(forge, options, { login, names, stopping });
  } finally {
    await forge.settled();
    isAsBefore = await restore(options);
  }
  for (const file of await filesIn(outputs)) {
    if (filesBefore.has(file)) continue;
    tell(`NEW IN THE OUTPUTS: ${file}`);
    isAsBefore = false;
  }
  for (const line of describeSums(outcomes)) tell(line);
  if (stopping.signal.aborted) return EXITS.stopped;
  const isFailed = outcomes.some(({ type }) => type === "failed");
  return isFailed || !isAsBefore ? EXITS.failed : EXITS.passed;
}

const command = new Command("npm run test:forge-jobs --")
  .description(ABOUT)
  .requiredOption("--url <url>", "where Forge listens, for example http://127.0.0.1:7860")
  .option("--auth <user:password>", "the login of Forge's --api-auth")
  .option("--outputs <folder>", "Forge's folder of outputs, to see that nothing new is in it")
  .option("--only <jobs...>", "only jobs whose names begin so, for example --only hires inpaint")
  .action(async (flags: Flags) => {
    try {
      process.exitCode = await run(flags);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${message}\n`);
      process.exitCode = error instanceof RefusedForge ? EXITS.refused : EXITS.failed;
    }
  });

await command.parseAsync();
