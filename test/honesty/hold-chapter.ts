import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HonestBox, startHonestBox } from "./honest-box.ts";
import type { Chapter, Scenario } from "./loss.ts";
import { WHERE } from "./document.ts";
import { faultsOf } from "./sentence.ts";

/** What must be true of a job's end whatever it was about. */
async function hold(box: HonestBox, scenario: Scenario): Promise<void> {
  const { outcome, field = null, shows, server } = scenario;
  const ended = await box.run(scenario);
  expect(ended).toMatchObject({ outcome, field });
  expect(ended.sentences.flatMap((sentence) => faultsOf(sentence, null))).toEqual([]);
  const [first] = ended.sentences;
  if (first !== undefined) expect(faultsOf(first, field)).toEqual([]);
  if (outcome.startsWith("failed") || outcome.startsWith("400")) expect(first).toBeDefined();
  const isMeant = server?.isDedicated || server?.ownerLater;
  if (!isMeant) expect(ended.seen.changedOptions).toEqual([]);
  if (!shows) return;
  const [actual, expected] = shows(ended.seen);
  expect(actual).toEqual(expected);
}

/** Holds every line of a chapter: each job is queued over HTTP, and runs on a demo Forge through the real agent. */
export function holdChapter(chapter: Chapter): void {
  const { title, losses } = chapter;
  let box: HonestBox;
  beforeAll(async () => {
    box = await startHonestBox(chapter);
  });
  afterAll(() => box?.stop());

  describe(title, () => {
    const scenarios = losses.flatMap(({ wish, scenarios }) =>
      scenarios.map((scenario) => {
        const { where, outcome, field, of = field } = scenario;
        const what = of === undefined ? wish : `${wish} (${of})`;
        return [`${what}: ${outcome}, ${WHERE[where]}`, scenario] as const;
      }),
    );
    it.each(scenarios)("%s", (_, scenario) => hold(box, scenario));
  });
}
