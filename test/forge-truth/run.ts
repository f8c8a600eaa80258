import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { RefusedForge } from "../forge-api/forge/idle.ts";
import { CASES } from "./cases/all.ts";
import type { Case } from "./cases/case.ts";
import { writeDocument } from "./document.ts";
import { borrowFolder, findForge, type LentFolder } from "./forge/folder.ts";
import { describeOutcome, describeSums, rowOf, unmetDifferences } from "./report.ts";
import type { Outcome } from "./suite.ts";

interface Flags {
  forgeDir?: string;
  python?: string;
  only?: string[];
  list?: true;
}

const EXITS = { passed: 0, failed: 1, refused: 2, stopped: 130 };
const DOCUMENT = fileURLToPath(new URL("../../docs/forge-truth.md", import.meta.url));
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const ABOUT = [
  'Presses Generate twice and "Queue in MobileSD" once on the same screen of a real Forge, case by case, and holds what the queue ran and drew to what Generate ran and drew.',
  "Forge is started for it, on the processor, with settings and outputs of its own; extension and oracle are linked into it for the time of the run. A run of all cases writes docs/forge-truth.md.",
].join("\n\n");

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function chooseCases(only: string[] | undefined): readonly Case[] {
  const chosen = CASES.filter(
    ({ name }) => only === undefined || only.some((words) => name.includes(words)),
  );
  if (chosen.length > 0) return chosen;
  throw new RefusedForge("--only names no case: --list shows them.");
}

/** How a person ends a run before its time. */
interface Stopping {
  readonly signal: AbortSignal;
  /** Leaves signals to this program alone: Miniflare would end it on the spot, with nothing put back. */
  claim(): void;
}

/** Aborts at the first signal, when the case under way ends; the second one does not wait for it. */
function listenForStop(putBack: () => Promise<void>): Stopping {
  const stop = new AbortController();
  const handle = () => {
    if (stop.signal.aborted) {
      void putBack().finally(() => process.exit(EXITS.stopped));
      return;
    }
    tell("Stopping: waiting for the case under way (a second Ctrl-C does not wait).");
    stop.abort();
  };
  const claim = () => {
    for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, handle);
  };
  claim();
  return { signal: stop.signal, claim };
}

async function giveBack(lent: LentFolder): Promise<void> {
  for (const line of await lent.giveBack()) tell(line);
  tell("The links are gone, and the owner's files are as they were.");
}

async function run({ forgeDir, python, only }: Flags): Promise<number> {
  const cases = chooseCases(only);
  if (forgeDir === undefined) throw new RefusedForge("--forge-dir names the folder of a Forge.");
  const folder = findForge(forgeDir, python);
  // Browser and runtime take seconds to load: only who runs cases waits for them.
  const [{ openSession }, { runCases }] = await Promise.all([
    import("./session.ts"),
    import("./suite.ts"),
  ]);
  const lent = await borrowFolder(folder);
  const stopping = listenForStop(() => giveBack(lent));
  const outcomes: Outcome[] = [];
  let versions = { forge: "unknown", gradio: "unknown" };
  try {
    tell("Starting the queue, Forge, the agent and a browser …");
    const session = await openSession(folder);
    stopping.claim();
    try {
      versions = session.versions;
      tell(`Forge ${versions.forge}, Gradio ${versions.gradio}, ${cases.length} cases`);
      let beganAt = performance.now();
      for await (const outcome of runCases(session.world, cases, stopping.signal)) {
        outcomes.push(outcome);
        const count = `${outcomes.length}/${cases.length}`.padStart(5);
        const [first = "", ...more] = describeOutcome(outcome, performance.now() - beganAt);
        for (const line of [`${count}  ${first}`, ...more]) tell(line);
        beganAt = performance.now();
      }
    } finally {
      await session.stop();
    }
  } finally {
    await giveBack(lent);
  }
  tell("");
  if (stopping.signal.aborted) return EXITS.stopped;
  const isWhole =
    outcomes.length === CASES.length && outcomes.every((one) => one.type !== "left out");
  const unmet = isWhole ? unmetDifferences(outcomes) : [];
  for (const where of unmet) tell(`KNOWN DIFFERENCE WITHOUT A CASE: ${where}`);
  if (isWhole) {
    await writeFile(
      DOCUMENT,
      writeDocument(
        versions,
        outcomes.flatMap((one) => rowOf(one) ?? []),
      ),
    );
    tell("docs/forge-truth.md is written.");
  } else {
    tell("docs/forge-truth.md is left as it is: not every case ran.");
  }
  tell(describeSums(outcomes));
  const isFailed = outcomes.some(({ type }) => type === "different") || unmet.length > 0;
  return isFailed ? EXITS.failed : EXITS.passed;
}

const command = new Command("npm run test:forge-truth --")
  .description(ABOUT)
  .option("--forge-dir <dir>", "a folder with Forge, or with a folder forge and a folder venv")
  .option("--python <file>", "Forge's Python; without it the one in <dir>/venv")
  .option("--only <names...>", "only cases with these words in their names, for example hires")
  .option("--list", "show the names of the cases and end")
  .action(async (flags: Flags) => {
    if (flags.list) {
      for (const { name } of CASES) tell(name);
      return;
    }
    try {
      process.exitCode = await run(flags);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${message}\n`);
      process.exitCode = error instanceof RefusedForge ? EXITS.refused : EXITS.failed;
    }
  });

await command.parseAsync();
