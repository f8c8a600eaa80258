import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/box/until.ts";
import { type Lab, startLab } from "./support/lab.ts";
import { answerAfter, lastClick, queueScreen } from "./support/queue-button.ts";
import { setFields } from "./support/screen.ts";

let lab: Lab;
let page: Page;

beforeAll(async () => {
  lab = await startLab();
  ({ page } = await lab.openHost());
});
afterAll(() => lab.stop());
afterEach(() => lab.proxy.every(null));

const queueAs = async (prompt: string) => {
  await setFields(page, { txt2img_prompt: prompt });
  return queueScreen(page, "txt2img");
};

/** Waits until the queue has a job of this prompt, and gives back how many it has then. */
const arrived = (prompt: string) =>
  until(`"${prompt}" arrives`, async () => (await lab.jobsOf(prompt)) || null, 40_000);

describe("with a slow queue", () => {
  it("the button says at once that it is queueing, and then where the job stands", async () => {
    lab.proxy.every({ delayMs: 1_500 });
    await setFields(page, { txt2img_prompt: "a slow answer" });
    const before = await lastClick(page, "txt2img");
    await page.locator("#txt2img_queue_mobilesd").click();
    await page.locator("#txt2img_mobilesd_box .mobilesd_line", { hasText: "Queueing" }).waitFor();
    expect(await lab.jobsOf("a slow answer")).toBe(0);
    expect(await answerAfter(page, "txt2img", before)).toContain("Queued");
    expect(await lab.jobsOf("a slow answer")).toBe(1);
  });
});

describe("when an answer is lost on the way", () => {
  it("the click makes one job and not two", async () => {
    lab.proxy.once("/api/v2/generate", "lose_answer");
    expect(await queueAs("a lost answer")).toContain("Queued");
    expect(await lab.jobsOf("a lost answer")).toBe(1);
  });
});

describe("with a queue that is busy for a moment", () => {
  it("the click waits as long as it is asked to, and is queued", async () => {
    const busy = { status: 429, code: "rate_limited", retryAfter: "1" };
    lab.proxy.once("/api/v2/generate", busy);
    expect(await queueAs("a busy moment")).toContain("Queued");
    expect(await lab.jobsOf("a busy moment")).toBe(1);
  });

  it("a longer wait is not sat out: the job is saved, with the time in words", async () => {
    lab.proxy.once("/api/v2/generate", { status: 429, code: "rate_limited", retryAfter: "20" });
    const said = await queueAs("a busy minute");
    expect(said).toMatch(/saved here/i);
    expect(said).toContain("20 s");
    expect(await lab.jobsOf("a busy minute")).toBe(0);
  });
});

describe("with a queue that is away", () => {
  it("the job is saved here, seen on the tab, and sent once when the queue is back", async () => {
    lab.proxy.every("break");
    expect(await queueAs("nobody is there")).toMatch(/saved here/i);
    await page.locator("#tab_mobilesd_queue_tab-button").click();
    const saved = page.locator(".mobilesd_card[data-status=saved]", { hasText: "nobody is there" });
    await saved.waitFor();
    lab.proxy.every(null);
    await saved.getByRole("button", { name: "Send now" }).click();
    expect(await arrived("nobody is there")).toBe(1);
    await saved.waitFor({ state: "detached" });
    await page.locator("#tab_txt2img-button").click();
    expect(await lab.jobsOf("nobody is there")).toBe(1);
  });
});

describe("with keys from Forge's environment", () => {
  it("the tab says where they come from, and offers nothing that could change them", async () => {
    await page.locator("#tab_mobilesd_queue_tab-button").click();
    await page.locator("#tab_mobilesd_queue_tab summary").first().click();
    const widget = page.locator("#tab_mobilesd_queue_tab .mobilesd_connect");
    await widget.getByText("takes its key from its environment (MOBILESD_API_SECRET)").waitFor();
    expect(await widget.locator("input:visible").count()).toBe(0);
    expect(await widget.locator("button:visible").allTextContents()).toEqual(["Test connection"]);
    await page.locator("#tab_txt2img-button").click();
  });
});

describe("with something else at the queue's address", () => {
  it("a page of HTML is not taken for an answer: the click says that this is no queue", async () => {
    lab.proxy.every("login_page");
    expect(await queueAs("into the void")).toMatch(/MobileSD Queue/);
    expect(await lab.jobsOf("into the void")).toBe(0);
  });
});

describe("with a key that is not taken any more", () => {
  it("the click says so and what to do, and nothing is saved", async () => {
    lab.proxy.every({ status: 401, code: "invalid_credentials" });
    const said = await queueAs("an old key");
    expect(said).toMatch(/connect/i);
    expect(said).not.toMatch(/saved/i);
    lab.proxy.every(null);
    expect(await queueAs("an old key, again")).toContain("Queued");
    expect(await lab.jobsOf("an old key")).toBe(0);
  });
});
