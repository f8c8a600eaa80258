import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type DelayProxy, startDelayProxy } from "../support/box/delay-proxy.ts";
import { until } from "../support/box/until.ts";
import { type Lab, startLab } from "./support/lab.ts";

/** Slow enough to be watched: some seconds, as on a mid-range card. */
const TIME_SCALE = 1;
const SLOW_JOB = { steps: 30, width: 512, height: 512 };

let lab: Lab;
/** Between the queue, and Forge and its page; the agent has its own. */
let way: DelayProxy;
let page: Page;
/** What the page asked its Forge, without what asks for pictures. */
const asked: string[] = [];

beforeAll(async () => {
  lab = await startLab({ timeScale: TIME_SCALE });
  way = await startDelayProxy(lab.queue.worker.url, 0);
  ({ page } = await lab.openHost({ env: { MOBILESD_URL: way.url } }));
  page.on("request", (request) => {
    const [, path] = request.url().split("/mobilesd-queue/");
    if (path && !path.startsWith("images/")) asked.push(path);
  });
});
afterEach(async () => {
  way.refuseSockets(null);
  await openTab("txt2img");
  await until("no socket stands", () => way.sockets() === 0);
});
afterAll(async () => {
  await lab.stop();
  await way?.stop();
});

const openTab = (name: string) => page.locator(`#tab_${name}-button`).click();
const cardOf = (prompt: string): Locator => page.locator(".mobilesd_card", { hasText: prompt });
const queueSlow = (prompt: string) => lab.queue.submit({ ...SLOW_JOB, positive_prompt: prompt });
const count = (path: string) => asked.filter((one) => one.startsWith(path)).length;

/** Notes in the page whatever stands in a card's picture and progress bar, as it changes. */
const NOTE_CARDS = `(() => {
  const seen = { shots: [], percents: [], outlooks: [] };
  const note = (list, value) => value && list.at(-1) !== value && list.push(value);
  new MutationObserver(() => {
    for (const card of document.querySelectorAll(".mobilesd_jobs [data-status=processing]")) {
      note(seen.shots, card.querySelector(".mobilesd_pictures > img")?.src);
      note(seen.percents, card.querySelector("progress").value);
      note(seen.outlooks, card.querySelector("[data-text=outlook]").textContent);
    }
  }).observe(document.querySelector(".mobilesd_jobs"), { attributes: true, childList: true, subtree: true });
  window.seenCards = seen;
})()`;

interface SeenCards {
  readonly shots: string[];
  readonly percents: number[];
  readonly outlooks: string[];
}

it("a preview grows in the extension's tab, and gives way to the picture", async () => {
  await page.evaluate(NOTE_CARDS);
  const id = await queueSlow("a picture that grows");
  await openTab("mobilesd_queue_tab");
  const card = cardOf("a picture that grows");
  await card.locator(".mobilesd_pictures > img").waitFor({ timeout: 20_000 });
  const looks = count("jobs?");
  await card.locator(".mobilesd_pictures button img").waitFor({ timeout: 30_000 });
  expect(await card.getAttribute("data-status")).toBe("completed");
  // What is drawn comes by the socket: the tab looks when the row changes, not while it does not.
  expect(count("jobs?") - looks).toBeLessThanOrEqual(6);
  expect((await lab.queue.status(id)).status).toBe("completed");
  const { shots, percents, outlooks } = (await page.evaluate("seenCards")) as SeenCards;
  expect(new Set(shots).size).toBeGreaterThanOrEqual(4);
  expect(shots.every((src) => src.startsWith("data:image/webp;base64,"))).toBe(true);
  expect(percents.length).toBeGreaterThan(5);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect(outlooks.filter((words) => /^\d+ %/.test(words)).length).toBeGreaterThan(3);
});

it("a page whose socket is refused polls", async () => {
  way.refuseSockets(403);
  const asksBefore = way.socketsAsked();
  await queueSlow("a picture without a socket");
  await openTab("mobilesd_queue_tab");
  const card = cardOf("a picture without a socket");
  await card.and(page.locator("[data-status=processing]")).waitFor({ timeout: 20_000 });
  const looks = count("jobs?");
  await until("it looks again and again", () => count("jobs?") >= looks + 3);
  await card.locator(".mobilesd_pictures button img").waitFor({ timeout: 30_000 });
  expect(way.socketsAsked()).toBeGreaterThan(asksBefore);
  expect(way.sockets()).toBe(0);
});

it("a ticket is asked for only while the tab is seen", async () => {
  const before = count("live");
  const first = await queueSlow("nobody looks");
  await lab.queue.reach(first, "completed");
  expect(count("live")).toBe(before);
  const second = await queueSlow("somebody looks");
  await openTab("mobilesd_queue_tab");
  await until("the socket stands", () => way.sockets() === 1);
  expect(count("live")).toBe(before + 1);
  await lab.queue.reach(second, "completed");
  await until("the socket is closed with the last job", () => way.sockets() === 0);
  expect(count("live")).toBe(before + 1);
});

it("a socket that is cut is followed by another, and the job is seen to its end", async () => {
  await queueSlow("a cut line");
  await openTab("mobilesd_queue_tab");
  const card = cardOf("a cut line");
  await until("the socket stands", () => way.sockets() === 1);
  way.cut("sockets");
  await card.locator(".mobilesd_pictures button img").waitFor({ timeout: 30_000 });
});
