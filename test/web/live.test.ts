import { DURATIONS } from "@mobilesd/contract";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildPages } from "../../src/local/pages.ts";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { launchBrowser } from "../support/browser.ts";
import { openPhone, type Phone, watchCard } from "../support/phone.ts";

// The whole of it: the page on a phone, the Worker, an agent and a Forge that draws stand-ins.

/** Jobs are some seconds long here: as many looks at Forge as at a job of half a minute. */
const TIMES = {
  ...DURATIONS,
  livePreviewEveryMs: 150,
  forgePollMs: 100,
  forgePollUnwatchedMs: 200,
  reconnectSpreadMs: 500,
};

vi.setConfig({ testTimeout: 60_000 });

let browser: Browser;
let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;
let phone: Phone;

beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  const pagesDir = await buildPages();
  [queue, forge] = await Promise.all([
    startQueue(TIMES, { pagesDir }),
    startDemoForge({ timeScale: 0.2 }),
  ]);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  phone = await openPhone(browser, queue);
  await phone.page.getByText("stand-in pictures, no Stable Diffusion").waitFor();
}, 60_000);

afterEach(async () => {
  agent.stop.stopNow();
  await Promise.all([agent.end, phone.context.close()]);
  await forge.stop();
  await queue.stop();
});

/** Some seconds of drawing for this Forge. */
const LONG = { width: 832, height: 1216, steps: 30 };
const cardOf = (prompt: string) => phone.page.locator("li.card", { hasText: prompt });
const pressIn = (prompt: string, name: string) =>
  cardOf(prompt).getByRole("button", { name, exact: true }).click();

describe("a picture", () => {
  it("grows before the eyes of whoever watches, and is stored where it grew", async () => {
    const prompt = "a picture that grows";
    const sight = await watchCard(phone.page, prompt);
    await queue.submit({ ...LONG, positive_prompt: prompt });
    await cardOf(prompt).getByText("Done").waitFor();
    await until("the stored picture is shown", async () => {
      const { pictures } = await sight();
      return pictures.at(-1)?.isLive === false;
    });
    const { pictures, percents, places, blanks, said } = await sight();
    expect(pictures.filter(({ isLive }) => isLive).length).toBeGreaterThan(3);
    expect(pictures.filter(({ isLive }) => !isLive)).toHaveLength(1);
    expect(percents.length).toBeGreaterThan(5);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBeLessThan(100);
    expect(places).toHaveLength(1);
    expect(blanks).toBe(0);
    expect(said).toEqual([`A picture is ready: ${prompt}`]);
    expect(phone.complaints).toEqual([]);
  });

  it("comes whole though the Worker is killed in the middle, which is a short Reconnecting and nothing else", async () => {
    const prompt = "a picture of a bad day";
    const sight = await watchCard(phone.page, prompt);
    await queue.submit({ ...LONG, steps: 60, positive_prompt: prompt });
    await until("it grows", async () => (await sight()).pictures.length > 2);
    const before = await sight();
    const pid = queue.worker.workerdPid();
    if (pid !== null) process.kill(pid, "SIGKILL");
    await until("the page says so", async () => (await sight()).wasReconnecting);
    await phone.page.locator(".reconnecting").waitFor({ state: "hidden" });
    await cardOf(prompt).getByText("Done").waitFor();
    const after = await sight();
    expect(after.wasStale).toBe(false);
    expect(after.blanks).toBe(0);
    expect(after.places).toEqual(before.places);
    expect(after.statuses.filter((status) => status !== "pending")).toEqual([
      "processing",
      "completed",
    ]);
    expect(after.percents).toEqual(after.percents.toSorted((a, b) => a - b));
    expect(phone.complaints).toEqual([]);
  });
});

describe("a cancel", () => {
  it("shows at once, of a job that waits and of the one that is drawn, whoever cancels", async () => {
    await queue.submit({ ...LONG, steps: 150, positive_prompt: "the drawn one" });
    const id = await queue.submit({ ...LONG, positive_prompt: "the waiting one" });
    await queue.submit({ ...LONG, positive_prompt: "the next one" });
    await cardOf("the drawn one")
      .getByText(/Being drawn/)
      .waitFor();
    await cardOf("the next one")
      .getByText(/2 jobs before it|1 job before it/)
      .waitFor();
    // Lists are answered no more: what is shown from now on came over the socket, or was pressed here.
    await phone.page.route("**/api/v1/queue/jobs?*", () => {});
    await queue.owner.call("cancelJob", { params: { id } });
    await cardOf("the waiting one").getByText("Cancelled").waitFor();
    await pressIn("the drawn one", "Cancel");
    await phone.page.getByRole("button", { name: "Stop it" }).click();
    await cardOf("the drawn one")
      .getByText(/Being stopped|Cancelled/)
      .waitFor();
    await cardOf("the drawn one").getByText("Cancelled").waitFor();
    await cardOf("the next one")
      .getByText(/Being drawn/)
      .waitFor();
    expect(phone.complaints).toEqual([]);
  });
});

describe("a server", () => {
  it("is paused from the phone: what runs ends, what waits says why, and resume goes on", async () => {
    await queue.submit({ ...LONG, steps: 80, positive_prompt: "the last before the pause" });
    await queue.submit({ ...LONG, steps: 10, positive_prompt: "the first behind it" });
    await cardOf("the last before the pause")
      .getByText(/Being drawn/)
      .waitFor();
    await phone.page.getByRole("button", { name: "Pause", exact: true }).click();
    await phone.page.getByText("Paused. The running job is finished first.").waitFor();
    await cardOf("the first behind it")
      .getByText(/Its box is paused/)
      .waitFor();
    const { servers } = await queue.owner.call("listServers", {});
    expect(servers).toMatchObject([{ alias: ALIAS, mode: "paused" }]);
    await cardOf("the last before the pause").getByText("Done").waitFor();
    await cardOf("the first behind it").getByText("Waiting").waitFor();
    await phone.page.getByRole("button", { name: "Resume" }).click();
    await cardOf("the first behind it").getByText("Done").waitFor();
    expect(phone.complaints).toEqual([]);
  });
});
