import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/box/until.ts";
import type { RunningForge } from "../forge/process.ts";
import { begunIn, type Told, waitForGeneration } from "../oracle-files.ts";
import type { AgentBox, QueuedJob } from "../queue-box.ts";
import type { Screen } from "./screen.ts";

/** What one press left behind. */
export interface Generation {
  readonly told: Told;
  readonly pictures: readonly Buffer[];
}

/** A press of "Queue in MobileSD", to its end. */
export interface QueuedGeneration extends Generation {
  readonly queued: QueuedJob;
  /** The body that Forge's API was given. */
  readonly body: Readonly<Record<string, unknown>>;
}

const QUEUE_LIMIT_MS = 60_000;

const filesIn = (folder: string) => readdirSync(folder).sort();

/** Why a generation will not end: Forge is gone, or its page says below the picture what went wrong. */
async function complaintOf({ page, tab }: Screen, forge: RunningForge): Promise<string | null> {
  const lastWords = forge.lastWords();
  if (lastWords !== null) return lastWords;
  const words = await page.locator(`#html_log_${tab} .error`).allInnerTexts();
  return words.length > 0 ? `Forge says: ${words.join(" ")}` : null;
}

/** Presses Generate and waits until the picture is saved and the button is there again. */
export async function pressGenerate(screen: Screen, forge: RunningForge): Promise<Generation> {
  const { page, tab } = screen;
  const before = begunIn(forge.oracleFolder);
  const filesBefore = filesIn(forge.pictureFolder);
  await page.locator(`#${tab}_generate`).click();
  const told = await waitForGeneration(forge.oracleFolder, before, () =>
    complaintOf(screen, forge),
  );
  await page.locator(`#${tab}_interrupt`).waitFor({ state: "hidden" });
  const fresh = filesIn(forge.pictureFolder).filter((name) => !filesBefore.includes(name));
  return { told, pictures: fresh.map((name) => readFileSync(join(forge.pictureFolder, name))) };
}

/** The answer at the button, when it is not that the job is queued. */
async function refusalOf({ page, tab }: Screen): Promise<string | null> {
  const button = page.locator(`#${tab}_queue_mobilesd`);
  const outcome = page.locator(`#${tab}_mobilesd_status .mobilesd_outcome`);
  if (await button.isDisabled()) return `the button is off: ${await outcome.innerText()}`;
  if ((await outcome.count()) === 0) return null;
  const kind = await outcome.getAttribute("data-kind");
  const isAnswer = kind !== null && !["queued", "pending"].includes(kind);
  return isAnswer
    ? `the extension says: ${(await outcome.innerText()).replace(/\s+/g, " ")}`
    : null;
}

/** Presses "Queue in MobileSD" and waits until the queue has that job's pictures. */
export async function pressQueue(
  screen: Screen,
  forge: RunningForge,
  box: AgentBox,
): Promise<QueuedGeneration> {
  const { page, tab } = screen;
  const idsBefore = await box.jobIds();
  const before = begunIn(forge.oracleFolder);
  const bodiesBefore = box.recorder.jobs.length;
  await page.locator(`#${tab}_queue_mobilesd`).click();
  const arrived = await until(
    "the job is in the queue",
    async () => {
      const id = (await box.jobIds()).find((each) => !idsBefore.includes(each));
      return id === undefined ? await refusalOf(screen) : { id };
    },
    QUEUE_LIMIT_MS,
  );
  if (typeof arrived === "string") throw new Error(arrived);
  const queued = await box.finish(arrived.id);
  const told = await waitForGeneration(forge.oracleFolder, before, async () => forge.lastWords());
  const [body = {}, ...more] = box.recorder.jobs.slice(bodiesBefore);
  if (more.length > 0) throw new Error("the queued job was asked of Forge more than once");
  return { told, pictures: queued.pictures, queued, body };
}
