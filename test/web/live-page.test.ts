import { DURATIONS } from "@mobilesd/contract";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildPages } from "../../src/local/pages.ts";
import { startDelayProxy } from "../support/box/delay-proxy.ts";
import { type HandAgent, startHandAgent } from "../support/box/hand-agent.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { launchBrowser } from "../support/browser.ts";
import { openPhone, type Phone, watchCard } from "../support/phone.ts";

// One queue for all of these: an agent in the test's hands says when what happens.

vi.setConfig({ testTimeout: 60_000 });

let browser: Browser;
let queue: Queue;
let agent: HandAgent;
const phones: Phone[] = [];
/** A picture, and what it looks like half drawn and when it is done. */
let full: Buffer;
let half: Buffer;
let last: Buffer;

beforeAll(async () => {
  const pagesDir = await buildPages();
  [queue, browser] = await Promise.all([startQueue(DURATIONS, { pagesDir }), launchBrowser()]);
  agent = await startHandAgent(queue.worker.url, queue.agentKey);
  const background = { r: 90, g: 60, b: 200 };
  full = await sharp({ create: { width: 832, height: 1216, channels: 3, background } })
    .png()
    .toBuffer();
  half = await sharp(full).resize(64, 96).negate().webp().toBuffer();
  last = await sharp(full).resize(384, 384, { fit: "inside" }).webp().toBuffer();
}, 60_000);

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.context.close()));
});

afterAll(async () => {
  agent?.stop();
  await browser?.close();
  await queue?.stop();
});

async function open(options: Parameters<typeof openPhone>[2] = {}): Promise<Phone> {
  const phone = await openPhone(browser, queue, options);
  phones.push(phone);
  await phone.page.getByText("Forge Neo 2.1").first().waitFor();
  return phone;
}

const submit = (positive_prompt: string) =>
  queue.submit({ width: 832, height: 1216, steps: 20, positive_prompt });
const cardOf = ({ page }: Phone, prompt: string) => page.locator("li.card", { hasText: prompt });

/** Waits until a socket of the page stands, so that a bell cannot be missed. */
const live = (phone: Phone) =>
  until("the page's socket stands", () => phone.sockets.at(-1)?.isOpen === true);

describe("the picture of a job", () => {
  it("is there before it is stored, and nothing flickers or moves until it is", async () => {
    const phone = await open();
    const prompt = "a picture in three steps";
    const sight = await watchCard(phone.page, prompt);
    await submit(prompt);
    const run = await agent.begin();
    run.progress(50, 10_000);
    await run.preview(half);
    await cardOf(phone, prompt)
      .getByText(/Being drawn, \d+\s%, about \d+ s left/)
      .waitFor();
    await until("it grows", async () => (await sight()).pictures.length === 1);
    await run.preview(last, 1);
    await cardOf(phone, prompt).getByText("Drawn, being stored").waitFor();
    await until("it is seen", async () => (await sight()).pictures.length === 2);
    await run.complete(full);
    await cardOf(phone, prompt)
      .getByText(/Took \d+ s/)
      .waitFor();
    await until("it is stored", async () => (await sight()).pictures.length === 3);
    const { pictures, places, blanks, statuses } = await sight();
    expect(pictures.map(({ isLive }) => isLive)).toEqual([true, true, false]);
    expect(places).toHaveLength(1);
    expect(blanks).toBe(0);
    expect(statuses).toEqual(["pending", "processing", "completed"]);
    await cardOf(phone, prompt).getByRole("button", { name: "Open picture 1" }).click();
    await phone.page.locator("dialog.viewer").waitFor();
    expect(phone.complaints).toEqual([]);
  });

  it("stays under the eyes for a moment when the next job begins, and makes room then", async () => {
    const phone = await open();
    await submit("the one that ends");
    await submit("the one behind it");
    const run = await agent.begin();
    await run.preview(half);
    const sight = await watchCard(phone.page, "the one that ends");
    await until("it is seen", async () => (await sight()).pictures.length > 0);
    await run.complete(full);
    await cardOf(phone, "the one that ends").getByText("Done").waitFor();
    const next = await agent.begin();
    await cardOf(phone, "the one behind it")
      .getByText(/Being drawn/)
      .waitFor();
    expect((await sight()).places).toHaveLength(1);
    await phone.page.locator("ul.finished li.card", { hasText: "the one that ends" }).waitFor();
    await next.complete(full);
  });
});

describe("the page beside its socket", () => {
  it("asks nothing while a picture grows", async () => {
    const phone = await open();
    await live(phone);
    await submit("a quiet one");
    const run = await agent.begin();
    run.progress(1, 60_000);
    await cardOf(phone, "a quiet one")
      .getByText(/Being drawn, 1/)
      .waitFor();
    await phone.page.waitForLoadState("networkidle");
    const asked = phone.asked.length;
    for (const percent of [20, 40, 60, 80]) {
      run.progress(percent, 60_000);
      const shown = new RegExp(`Being drawn, ${percent}`);
      await cardOf(phone, "a quiet one").getByText(shown).waitFor();
    }
    expect(phone.asked.slice(asked)).toEqual([]);
    await run.complete(full);
    await cardOf(phone, "a quiet one").getByText("Done").waitFor();
  });

  it("closes it out of sight, and goes on where it was when it is seen again", async () => {
    const phone = await open();
    await live(phone);
    await submit("seen again");
    const see = (state: string) =>
      phone.page.evaluate(
        `Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
         document.dispatchEvent(new Event("visibilitychange"));`,
      );
    await cardOf(phone, "seen again").waitFor();
    await see("hidden");
    await until("it is closed", () => phone.sockets.at(-1)?.isOpen === false);
    const run = await agent.begin();
    await see("visible");
    await cardOf(phone, "seen again")
      .getByText(/Being drawn/)
      .waitFor();
    await live(phone);
    expect(phone.sockets).toHaveLength(2);
    expect(phone.sockets.at(-1)?.url).toMatch(/since=[^&]+/);
    await run.complete(full);
    await cardOf(phone, "seen again").getByText("Done").waitFor();
  });

  it("polls where no socket can be had, and shows the same", async () => {
    const proxy = await startDelayProxy(queue.worker.url, 0);
    proxy.refuseSockets(403);
    await submit("without a socket");
    const phone = await open({ url: proxy.url });
    await cardOf(phone, "without a socket").getByText("Next in line").waitFor();
    const run = await agent.begin();
    run.progress(30, 60_000);
    await cardOf(phone, "without a socket")
      .getByText(/Being drawn, 3/)
      .waitFor();
    await run.complete(full);
    await cardOf(phone, "without a socket").getByText("Done").waitFor();
    expect(await phone.page.locator(".reconnecting").isVisible()).toBe(false);
    expect(phone.complaints).toEqual([]);
    await phone.context.close();
    await proxy.stop();
  });

  it("moves nothing by itself for those who want no motion", async () => {
    const phone = await open({ reducedMotion: "reduce" });
    await submit("a still one");
    const run = await agent.begin();
    run.progress(30, 60_000);
    const fill = cardOf(phone, "a still one").locator(".fill");
    await fill.waitFor({ state: "attached" });
    await cardOf(phone, "a still one")
      .getByText(/Being drawn, 30/)
      .waitFor();
    const style = "getComputedStyle(document.querySelector('.moving .fill')).transitionDuration";
    expect(await phone.page.evaluate(style)).toBe("0s");
    expect(
      await phone.page.evaluate(
        "document.getAnimations().map((one) => one.animationName ?? one.transitionProperty)",
      ),
    ).toEqual([]);
    await run.complete(full);
  });
});

describe("the menu of a server", () => {
  it("opens and closes by the keyboard and tells what the box does", async () => {
    const phone = await open();
    const vram = 13.4 * 1024 ** 3;
    const loaded_checkpoint = "Pony/cyberrealisticPony_v8.safetensors";
    agent.tell({ type: "box", forge: "working", free_vram_bytes: vram, loaded_checkpoint });
    await submit("what it does now");
    const run = await agent.begin();
    const more = phone.page.getByRole("button", { name: "More about MyForgeServer" });
    await more.focus();
    await phone.page.keyboard.press("Enter");
    await phone.page.getByText(/24\sGB, 13\.4\sGB\sfree/).waitFor();
    await phone.page.getByText("cyberrealisticPony_v8", { exact: true }).waitFor();
    run.progress(40, 600_000);
    await phone.page.getByText("draws, 40 %, about 10 min left").waitFor();
    expect(await more.getAttribute("aria-expanded")).toBe("true");
    await phone.page.keyboard.press("Tab");
    await phone.page.keyboard.press("Escape");
    expect(await more.getAttribute("aria-expanded")).toBe("false");
    expect(await phone.page.evaluate("document.activeElement.ariaLabel")).toBe(
      "More about MyForgeServer",
    );
    await run.complete(full);
  });

  it("asks before it drains, drains then, and unloads the model", async () => {
    const phone = await open();
    const { page } = phone;
    const modes = () =>
      queue.owner.call("listServers", {}).then(({ servers }) => servers.map(({ mode }) => mode));
    await page.getByRole("button", { name: "More about MyForgeServer" }).click();
    await page.getByRole("button", { name: "Drain…" }).click();
    await page.getByRole("button", { name: "No", exact: true }).click();
    expect(await modes()).toEqual(["active"]);
    await page.getByRole("button", { name: "Drain…" }).click();
    await page.getByRole("button", { name: "Drain", exact: true }).click();
    await page.getByText("Drained: it can be switched off.").waitFor();
    expect(await modes()).toEqual(["draining"]);
    await page.getByRole("button", { name: "Unload model" }).click();
    await until("the agent is told", () => agent.heard.some(({ type }) => type === "unload"));
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("It takes jobs again.").waitFor();
    expect(await modes()).toEqual(["active"]);
    expect(phone.complaints).toEqual([]);
  });
});

describe("a note", () => {
  it("is seen above an open picture", async () => {
    const phone = await open();
    await phone.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await submit("words above a picture");
    await (await agent.begin()).complete(full);
    await cardOf(phone, "words above a picture")
      .getByRole("button", { name: "Open picture 1" })
      .click();
    const viewer = phone.page.locator("dialog.viewer");
    await viewer.getByRole("button", { name: "Copy infotext" }).click();
    await viewer.getByText("Infotext copied").waitFor();
    const top = "document.elementFromPoint(innerWidth / 2, innerHeight - 40).className";
    expect(await phone.page.evaluate(top)).toBe("note");
    await phone.page.keyboard.press("Escape");
    await phone.page.locator("body > .note").waitFor();
    await phone.page.locator(".note").waitFor({ state: "detached" });
  });
});

describe("a page that hears nothing any more", () => {
  it("says so within some seconds, asserts no further percent and takes no orders", async () => {
    const proxy = await startDelayProxy(queue.worker.url, 0);
    const phone = await open({ url: proxy.url });
    await live(phone);
    await submit("a silent line");
    const run = await agent.begin();
    run.progress(40, 20_000);
    const card = cardOf(phone, "a silent line");
    await card.getByText(/Being drawn, 40/).waitFor();
    proxy.setSilent(true);
    await phone.page.getByText(/No connection/).waitFor({ timeout: 14_000 });
    expect(await card.locator(".outlook").innerText()).toMatch(/Being drawn, 40\s%/);
    expect(await card.getByRole("button", { name: "Cancel" }).isDisabled()).toBe(true);
    expect(await phone.page.getByRole("button", { name: "Pause" }).isDisabled()).toBe(true);
    proxy.setSilent(false);
    await phone.page.getByText(/No connection/).waitFor({ state: "hidden" });
    await until("orders are taken", () => card.getByRole("button", { name: "Cancel" }).isEnabled());
    await run.complete(full);
    await card.getByText("Done").waitFor();
    await phone.context.close();
    await proxy.stop();
  });
});

describe("a job whose agent is gone", () => {
  it("is told to be away as soon as its box is", async () => {
    const phone = await open();
    await live(phone);
    await submit("left alone");
    const run = await agent.begin();
    run.progress(40, 20_000);
    const card = cardOf(phone, "left alone");
    await card.getByText(/Being drawn, 40/).waitFor();
    agent.stop();
    await phone.page
      .locator(".servers")
      .getByText(/away since/)
      .waitFor();
    await card.getByText("Box away").waitFor({ timeout: 1_000 });
    expect(await card.locator(".outlook").innerText()).toMatch(/^Its box is away since/);
  });
});
