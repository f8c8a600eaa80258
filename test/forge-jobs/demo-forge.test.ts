import { beforeAll, expect, it } from "vitest";
import { startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { connectForge } from "../forge-api/forge/connection.ts";
import { openForge, openRun } from "./session.ts";
import { type Outcome, ROW_NAMES, runTable } from "./table.ts";

const TIMEOUT_MS = 120_000;

const outcomes: Outcome[] = [];
let optionsLeft: string[] = [];
let states: Set<string>;

beforeAll(async () => {
  const demo = await startDemoForge({ timeScale: 0.01 });
  try {
    const forge = connectForge(demo.url, null);
    const options = await openForge(forge);
    const run = await openRun(forge, null, options);
    try {
      for await (const outcome of runTable(run, ROW_NAMES, new AbortController().signal)) {
        outcomes.push(outcome);
      }
    } finally {
      await run.box.stop();
    }
    optionsLeft = await options.differences();
    states = new Set(demo.jobs.map(({ state }) => state));
  } finally {
    await demo.stop();
  }
}, TIMEOUT_MS);

it.each(ROW_NAMES)("the queue's picture is the one that a Forge draws by itself: %s", (name) => {
  const outcome = outcomes.find((one) => one.name === name);
  expect(outcome?.type === "failed" ? outcome.differences : []).toEqual([]);
  expect(outcome?.type).toBe("passed");
});

it("afterwards every option of that Forge is as it was", () => {
  expect(optionsLeft).toEqual([]);
  expect(states).toEqual(new Set(["done"]));
});
