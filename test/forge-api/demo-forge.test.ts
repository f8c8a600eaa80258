import { beforeAll, describe, expect, it } from "vitest";
import { startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { connectForge } from "./forge/connection.ts";
import { GROUPS } from "./groups.ts";
import { PollGate } from "./poll-gate.ts";
import { openSession } from "./session.ts";
import { STARTS, type Start } from "./starts.ts";
import { runGroups } from "./suite.ts";

const PACE = {
  size: { width: 64, height: 64 },
  intervalMs: 1,
  stepMs: Number.POSITIVE_INFINITY,
  mayMissBegin: false,
};

const TIMEOUT_MS = 120_000;

interface Outcome {
  differences: Map<string, string[]>;
  leftOut: string[];
  notRestored: string[];
  blank: string[];
}

/** Runs all groups of one start against a demo Forge of its own. */
async function runStart({ options, login, groups, isWatched }: Start): Promise<Outcome> {
  const witness = new PollGate();
  const demo = await startDemoForge({
    ...options,
    ...(isWatched ? { sleep: (durationMs, signal) => witness.sleep(durationMs, signal) } : {}),
  });
  try {
    const session = await openSession(connectForge(demo.url, login), {
      login,
      checkpoint: null,
      ...(isWatched ? { watching: { pace: PACE, witness } } : {}),
    });
    const outcome: Outcome = { differences: new Map(), leftOut: [], notRestored: [], blank: [] };
    for await (const result of runGroups(session, groups, new AbortController().signal)) {
      if (result.type === "left out") outcome.leftOut.push(`${result.name}: ${result.need}`);
      if (result.type !== "run") continue;
      for (const each of result.cases) outcome.differences.set(each.id, each.differences);
    }
    outcome.blank = session.pictures.blank;
    outcome.notRestored = (await session.settings?.restore()) ?? [];
    return outcome;
  } finally {
    await demo.stop();
  }
}

describe.each(STARTS)("the demo Forge as $name", (start) => {
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await runStart(start);
  }, TIMEOUT_MS);

  it("can be asked everything, draws real pictures and has its own settings afterwards", () => {
    expect(outcome.leftOut).toEqual([]);
    expect(outcome.blank).toEqual([]);
    expect(outcome.notRestored).toEqual([]);
  });

  it.each(start.groups.flatMap(({ cases }) => cases.map(({ id }) => id)))(
    "answers as a real Forge did: %s",
    (id) => {
      expect(outcome.differences.get(id)).toEqual([]);
    },
  );
});

it("every group of the suite is run against a demo Forge", () => {
  const asked = new Set(STARTS.flatMap(({ groups }) => groups));
  expect(GROUPS.filter((group) => !asked.has(group)).map(({ name }) => name)).toEqual([]);
});
