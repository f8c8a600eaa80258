import type { Page } from "playwright-core";
import type { ForgeConnection } from "../forge-api/forge/connection.ts";
import { type OwnOptions, readOptions } from "../forge-jobs/options.ts";
import { distanceOf, isSame } from "../forge-jobs/pictures.ts";
import { until } from "../support/box/until.ts";
import { type Case, type Lab, SAMPLER, SMALL } from "./cases/case.ts";
import { differencesOf, missingIn, showDifference, showPlace } from "./compare/files.ts";
import { comparePictures } from "./compare/pictures.ts";
import { compareWithScreen, readScreen } from "./compare/screen.ts";
import type { RunningForge } from "./forge/process.ts";
import { type KnownDifference, sortOut } from "./known-differences.ts";
import type { Need } from "./needs.ts";
import { type Generation, pressGenerate, pressQueue, type QueuedGeneration } from "./page/press.ts";
import { openScreen, type Screen } from "./page/screen.ts";
import type { AgentBox } from "./queue-box.ts";

/** Everything that a run works with. */
export interface World {
  readonly page: Page;
  readonly forge: RunningForge;
  readonly connection: ForgeConnection;
  readonly box: AgentBox;
  readonly options: OwnOptions;
  readonly lab: Lab;
}

/** What became of one case. */
export type Outcome =
  | {
      readonly type: "equal";
      readonly name: string;
      /** Whether the pictures are the same bit by bit. */
      readonly isExact: boolean;
      readonly met: ReadonlySet<KnownDifference>;
    }
  | {
      readonly type: "different";
      readonly name: string;
      /** What differs, in a word or a place: what the document says. */
      readonly fields: readonly string[];
      /** The same in sentences. */
      readonly sentences: readonly string[];
      readonly met: ReadonlySet<KnownDifference>;
    }
  | { readonly type: "left out"; readonly name: string; readonly needs: readonly Need[] };

/** The first pictures of the cases so far: two that are equal prove nothing. */
export type Seen = Map<string, Buffer>;

const OPTIONS_LIMIT_MS = 60_000;

interface Finding {
  readonly field: string;
  readonly sentence: string;
}

const findings = (field: string, sentences: readonly string[]): Finding[] =>
  sentences.map((sentence) => ({ field, sentence }));

async function setScreen(world: World, each: Case): Promise<Screen> {
  const { tab, set } = each;
  const screen = await openScreen(world.page, world.forge.url, tab);
  await screen.set(SMALL);
  await screen.choose(`#${tab}_sampling`, SAMPLER);
  await set(screen, world.lab);
  const wanted = each.holds?.(world.lab) ?? {};
  await until(
    "Forge holds what was chosen",
    async () => missingIn(await readOptions(world.connection), wanted).length === 0,
    OPTIONS_LIMIT_MS,
  );
  return screen;
}

async function findTwins(seen: Seen, name: string, [first]: readonly Buffer[]): Promise<Finding[]> {
  const twins: Finding[] = [];
  if (first === undefined) return twins;
  for (const [other, picture] of seen) {
    const distance = await distanceOf(first, picture);
    if (distance === null || !isSame(distance)) continue;
    const sentence = `it is the same picture as "${other}", and so proves nothing`;
    twins.push({ field: "the picture", sentence });
  }
  seen.set(name, first);
  return twins;
}

function compareTold(generated: readonly Generation[], { told }: QueuedGeneration) {
  const [first = told, second = told] = generated.map((generation) => generation.told);
  const between = differencesOf(first, second).map(showDifference);
  const { unknown, met } = sortOut(second, told);
  return {
    met,
    findings: [
      ...findings(
        "Generate",
        between.map((words) => `Generate differs from itself: ${words}`),
      ),
      ...unknown.map((difference) => ({
        field: showPlace(difference.place),
        sentence: showDifference(difference),
      })),
    ],
  };
}

async function runCase(world: World, each: Case, seen: Seen): Promise<Outcome> {
  const { name } = each;
  const screen = await setScreen(world, each);
  const shown = await readScreen(screen);
  const generated = [
    await pressGenerate(screen, world.forge),
    await pressGenerate(screen, world.forge),
  ];
  const queued = await pressQueue(screen, world.forge, world.box);
  const told = compareTold(generated, queued);
  const likeness = await comparePictures(
    queued.pictures,
    generated.map(({ pictures }) => pictures),
  );
  const found: Finding[] = [
    ...findings("the screen", missingIn(generated[0]?.told, each.shows(world.lab))),
    ...told.findings,
    ...findings("pictures", likeness.differences),
    ...findings("the request", await compareWithScreen(shown, queued.body)),
    ...findings(
      "a warning",
      queued.queued.view.warnings.map(({ message }) => `the job has a warning: ${message}`),
    ),
    ...(await findTwins(seen, name, generated[0]?.pictures ?? [])),
  ];
  const { met } = told;
  if (found.length === 0) return { type: "equal", name, isExact: likeness.isExact, met };
  const fields = [...new Set(found.map(({ field }) => field))];
  return { type: "different", name, fields, sentences: found.map(({ sentence }) => sentence), met };
}

async function settle(world: World, each: Case, seen: Seen): Promise<Outcome> {
  try {
    return await runCase(world, each, seen);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // What the browser tried meanwhile fills a screen and explains nothing.
    const [sentence = ""] = message.split("\nCall log:");
    return {
      type: "different",
      name: each.name,
      fields: ["it did not run"],
      sentences: [sentence],
      met: new Set(),
    };
  } finally {
    await world.options.restore();
  }
}

/** Runs cases one after the other and yields what became of each. Ends early when `signal` is aborted. */
export async function* runCases(
  world: World,
  cases: readonly Case[],
  signal: AbortSignal,
): AsyncGenerator<Outcome> {
  const seen: Seen = new Map();
  for (const each of cases) {
    if (signal.aborted) return;
    const { name, needs } = each;
    const lacking = needs.filter((need) => world.lab.lacks.has(need));
    yield lacking.length > 0
      ? { type: "left out", name, needs: lacking }
      : await settle(world, each, seen);
  }
}
