import { Command } from "commander";
import type { Group } from "./cases/case.ts";
import { connectForge } from "./forge/connection.ts";
import { RefusedForge } from "./forge/idle.ts";
import { GROUPS } from "./groups.ts";
import { addUp, describeRun, describeSums, type Sums } from "./report.ts";
import { openSession, type Session } from "./session.ts";
import { runGroups } from "./suite.ts";

interface Flags {
  url: string;
  auth?: string;
  checkpoint?: string;
  only?: string[];
}

const EXITS = { passed: 0, failed: 1, refused: 2, stopped: 130 };

const ABOUT = `Holds a Stable Diffusion WebUI Forge to what a real one answered, case by case.

It makes some 250 small pictures. Settings that it changes are put back at the end, after a failure and
after Ctrl-C as well. Only the cases about saved pictures write any, six of them, into Forge's outputs.`;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function chooseGroups(only: string[] | undefined): Group[] {
  const chosen = GROUPS.filter(
    ({ name }) => only === undefined || only.some((begin) => name.startsWith(begin)),
  );
  if (chosen.length > 0) return chosen;
  const names = GROUPS.map(({ name }) => name).join("; ");
  throw new RefusedForge(`--only names no group. The groups are: ${names}.`);
}

/** Aborts at the first signal; the second one puts the settings back at once and ends the process. */
function listenForStop(restore: () => Promise<void>): AbortSignal {
  const stop = new AbortController();
  const handle = () => {
    if (stop.signal.aborted) {
      void restore().finally(() => process.exit(EXITS.stopped));
      return;
    }
    tell("\nStopping: waiting for the case under way (a second Ctrl-C does not wait).");
    stop.abort();
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return stop.signal;
}

async function restore(session: Session | null): Promise<boolean> {
  if (!session?.settings) return true;
  try {
    const differences = await session.settings.restore();
    for (const difference of differences) tell(`NOT PUT BACK: ${difference}`);
    if (differences.length === 0) tell("All settings are as they were.");
    return differences.length === 0;
  } catch (error) {
    tell(`NOT PUT BACK: ${error instanceof Error ? error.message : error}`);
    tell(`The settings were: ${JSON.stringify(session.settings.listChanged())}`);
    return false;
  }
}

function describeForge({ forge, flavour, names }: Session): string {
  const words = [
    flavour.hasApi ? "with API" : "without API",
    flavour.hasPage ? "with page" : "without page",
    ...(flavour.hasApi
      ? [flavour.isHashing ? "hashing" : "not hashing", `checkpoint ${names.selected.title}`]
      : []),
  ];
  return `Forge at ${forge.url}: ${words.join(", ")}`;
}

async function run({ url, auth, checkpoint, only }: Flags): Promise<number> {
  const groups = chooseGroups(only);
  const login = auth ?? null;
  const forge = connectForge(url.replace(/\/+$/, ""), login);
  let session: Session | null = null;
  const stop = listenForStop(async () => void (await restore(session)));
  let sums: Sums = { passed: 0, failed: 0, leftOut: [] };
  let isRestored = true;
  try {
    session = await openSession(forge, { login, checkpoint: checkpoint ?? null });
    tell(describeForge(session));
    for await (const result of runGroups(session, groups, stop)) {
      sums = addUp(sums, result);
      if (result.type === "begun") process.stdout.write(`${result.name}: `);
      if (result.type === "run") for (const line of describeRun(result.cases)) tell(line);
    }
    for (const name of session.pictures.blank) {
      tell(`Note: ${name} has one colour; what it equals says nothing on this machine.`);
    }
  } finally {
    await forge.settled();
    isRestored = await restore(session);
  }
  for (const line of describeSums(sums)) tell(line);
  if (stop.aborted) return EXITS.stopped;
  return sums.failed === 0 && isRestored ? EXITS.passed : EXITS.failed;
}

const command = new Command("npm run test:forge-api --")
  .description(ABOUT)
  .requiredOption("--url <url>", "where Forge listens, for example http://127.0.0.1:7860")
  .option("--auth <user:password>", "the login of Forge's --api-auth")
  .option("--checkpoint <name>", "the checkpoint to ask with; without it the selected one")
  .option(
    "--only <groups...>",
    "only groups whose names begin so, for example --only lists img2img",
  )
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
