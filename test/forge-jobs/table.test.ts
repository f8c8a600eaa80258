import { expect, it, onTestFinished } from "vitest";
import { startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { connectForge } from "../forge-api/forge/connection.ts";
import { describeSums } from "./report.ts";
import { openForge, openRun } from "./session.ts";
import { type Outcome, type Run, runTable } from "./table.ts";

async function startRun(): Promise<Run> {
  const demo = await startDemoForge({ timeScale: 0.01 });
  onTestFinished(() => demo.stop());
  const forge = connectForge(demo.url, null);
  const run = await openRun(forge, null, await openForge(forge));
  onTestFinished(() => run.box.stop());
  return run;
}

async function outcomesOf(run: Run, ...names: string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const one of runTable(run, names, new AbortController().signal)) outcomes.push(one);
  return outcomes;
}

const ENSD = "after a job with its own ENSD, the next one is as if it were alone";

it("what a Forge lacks is named, and is no failure", async () => {
  const run = await startRun();
  const poor: Run = { ...run, lab: { ...run.lab, lacks: new Set(["lora", "vae"]) } };
  const outcomes = await outcomesOf(poor, "a LoRA", "txt2img", "a VAE, and settings");
  expect(describeSums(outcomes)).toEqual([
    "",
    "Left out:",
    "  a LoRA: needs a LoRA that changes what the selected checkpoint draws",
    "  a VAE, and settings: needs a VAE file in its VAE folder, other than the one of Flux",
    "",
    "1 passed, 0 failed, 2 left out",
  ]);
});

it("an option that a job leaves behind is a failure of that job, and is put back before the next", async () => {
  const run = await startRun();
  const careless: Run = {
    ...run,
    box: {
      ...run.box,
      async run(params) {
        const pictures = await run.box.run(params);
        await run.forge.ask("/sdapi/v1/options", { eta_noise_seed_delta: 5 });
        return pictures;
      },
    },
  };
  const outcomes = await outcomesOf(careless, ENSD, "txt2img");
  for (const outcome of outcomes) {
    // What was left behind by the first of two jobs is the owner's own to the second, whose picture shows it.
    const leftBehind = "left behind: option.eta_noise_seed_delta: expected 0, got 5";
    expect(outcome).toMatchObject({
      type: "failed",
      differences: expect.arrayContaining([leftBehind]),
    });
  }
  expect(outcomes).toHaveLength(2);
  expect(await run.options.differences()).toEqual([]);
});

it("a picture that another job has drawn already proves nothing", async () => {
  const run = await startRun();
  const lab = { ...run.lab, other: run.lab.main };
  const same: Run = { ...run, lab, words: { ...run.words, lab } };
  expect(await outcomesOf(same, "txt2img", "another checkpoint")).toMatchObject([
    { type: "passed" },
    {
      type: "failed",
      differences: ['it is the same picture as "txt2img", and so proves nothing'],
    },
  ]);
});
