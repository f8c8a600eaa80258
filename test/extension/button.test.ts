import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { choose, pick, tick } from "../forge-truth/page/inputs.ts";
import { until } from "../support/box/until.ts";
import type { Host } from "./support/host.ts";
import { type Lab, startLab } from "./support/lab.ts";
import { answerAfter, lastClick, queueScreen } from "./support/queue-button.ts";
import { setFields } from "./support/screen.ts";

let lab: Lab;
let host: Host;
let page: Page;

beforeAll(async () => {
  lab = await startLab({ hasAgent: false });
  ({ host, page } = await lab.openHost());
  page.on("dialog", (dialog) => void dialog.accept("3"));
});
afterAll(() => lab.stop());

/** The queue's jobs of one prompt, the oldest first. */
async function jobsOf(prompt: string) {
  const { jobs } = await lab.queue.owner.call("listJobs", { query: {} });
  const found = jobs.filter((job) => JSON.stringify(job).includes(JSON.stringify(prompt)));
  const views = await Promise.all(
    found.map(({ mobilesd_job_id: id }) => lab.queue.owner.call("getJob", { params: { id } })),
  );
  return views.reverse().map(({ priority, source_info: source, generation_params: params }) => {
    const { seed, script } = params as { seed: number; script?: unknown };
    return { priority, source, seed, script };
  });
}

describe("the keys", () => {
  it("Ctrl+Shift+Enter queues, and does not press Generate", async () => {
    await setFields(page, { txt2img_prompt: "by the keys", txt2img_seed: 5 });
    const before = await lastClick(page, "txt2img");
    await page.locator("#txt2img_prompt textarea").press("Control+Shift+Enter");
    expect(await answerAfter(page, "txt2img", before)).toContain("Queued");
    expect(await jobsOf("by the keys")).toHaveLength(1);
    expect((await host.seen()).ran).toEqual([]);
  });

  it("Ctrl+Enter is Forge's: it generates, and queues nothing", async () => {
    await setFields(page, { txt2img_prompt: "by Forge's own keys" });
    await page.locator("#txt2img_prompt textarea").press("Control+Enter");
    await until("Forge has generated", async () => (await host.seen()).ran.length > 0);
    expect(await jobsOf("by Forge's own keys")).toHaveLength(0);
  });
});

describe("the menu on Generate", () => {
  const openMenu = async (entry: string) => {
    await page.locator("#txt2img_generate").click({ button: "right" });
    const before = await lastClick(page, "txt2img");
    await page.locator("#context-menu a", { hasText: entry }).click();
    return answerAfter(page, "txt2img", before);
  };

  it("queues what is on screen", async () => {
    await setFields(page, { txt2img_prompt: "by the menu" });
    expect(await openMenu("Queue in MobileSD")).toContain("Queued");
    expect(await jobsOf("by the menu")).toHaveLength(1);
  });

  it("queues as many seeds as are asked for, one after the other", async () => {
    await setFields(page, { txt2img_prompt: "three seeds", txt2img_seed: 700 });
    expect(await openMenu("Queue N seeds")).toContain("ueued");
    const jobs = await jobsOf("three seeds");
    expect(jobs.map(({ seed }) => seed)).toEqual([700, 701, 702]);
  });
});

describe("the accordion", () => {
  it("queues by its own button, with its priority, count and seeds", async () => {
    await page.locator("#txt2img_mobilesd_accordion > button.label-wrap").click();
    await setFields(page, {
      txt2img_prompt: "from the accordion",
      txt2img_seed: 31,
      txt2img_mobilesd_priority: 2,
      txt2img_mobilesd_repeat: 2,
    });
    const before = await lastClick(page, "txt2img");
    await page.locator("#txt2img_mobilesd_queue_btn").click();
    expect(await answerAfter(page, "txt2img", before)).toContain("ueued");
    const jobs = await jobsOf("from the accordion");
    expect(jobs.map(({ seed, priority }) => [seed, priority])).toEqual([
      [31, 2],
      [32, 2],
    ]);
    expect(jobs[0]?.source).toMatch(/^forge-extension\/\d+\.\d+\.\d+$/);
  });
});

describe("the script list", () => {
  it("takes a script that jobs can have along, with its arguments", async () => {
    await choose(page, page.locator("#tab_txt2img #script_list"), "Prompt matrix");
    await setFields(page, { txt2img_prompt: "a matrix|of|prompts", txt2img_mobilesd_repeat: 1 });
    await tick(page.locator("#script_txt2img_prompt_matrix_put_at_start"));
    await pick(page.locator("#script_txt2img_prompt_matrix_prompt_type"), "negative");
    expect(await queueScreen(page, "txt2img")).toContain("Queued");
    const [job] = await jobsOf("a matrix|of|prompts");
    expect(job?.script).toMatchObject({
      name: "Prompt matrix",
      args: [true, false, "negative", "comma", 0],
    });
  });

  it("names a script that no job can have, and queues nothing", async () => {
    await choose(page, page.locator("#tab_txt2img #script_list"), "X/Y/Z plot");
    await setFields(page, { txt2img_prompt: "a plot of pictures" });
    expect(await queueScreen(page, "txt2img")).toContain("X/Y/Z plot");
    expect(await jobsOf("a plot of pictures")).toHaveLength(0);
  });
});

it("works while Forge is generating, beside Interrupt and Skip", async () => {
  await choose(page, page.locator("#tab_txt2img #script_list"), "None");
  await host.hold();
  await page.locator("#txt2img_generate").click();
  await until("Forge generates", async () => (await host.seen()).running);
  await page.locator("#txt2img_interrupt").waitFor();
  await setFields(page, { txt2img_prompt: "queued meanwhile" });
  expect(await queueScreen(page, "txt2img")).toContain("Queued");
  expect((await host.seen()).running).toBe(true);
  expect(await jobsOf("queued meanwhile")).toHaveLength(1);
  await host.release();
});

it("a click whose answer is lost says that it may be queued, and pressed again makes no second job", async () => {
  await choose(page, page.locator("#tab_txt2img #script_list"), "None");
  await setFields(page, { txt2img_prompt: "an answer lost on the way to the page" });
  const isClick = (route: Route) => route.request().postData()?.includes("click_id") ?? false;
  let isLost = false;
  await page.route("**/run/predict*", async (route) => {
    if (!isClick(route) || isLost) return route.fallback();
    isLost = true;
    await route.fetch();
    return route.abort();
  });
  await page.locator("#txt2img_queue_mobilesd").click();
  const line = page.locator("#txt2img_mobilesd_box .mobilesd_line", { hasText: "may be queued" });
  await line.waitFor();
  expect(await line.textContent()).not.toContain("Not queued");
  expect(await jobsOf("an answer lost on the way to the page")).toHaveLength(1);
  expect(await queueScreen(page, "txt2img")).toContain("Queued");
  expect(await jobsOf("an answer lost on the way to the page")).toHaveLength(1);
  expect(await queueScreen(page, "txt2img")).toContain("Queued");
  expect(await jobsOf("an answer lost on the way to the page")).toHaveLength(2);
});

it("each of two quick clicks makes a job of its own", async () => {
  await setFields(page, { txt2img_prompt: "two quick clicks" });
  const button = page.locator("#txt2img_queue_mobilesd");
  await Promise.all([button.click(), button.click()]);
  await until("both jobs are there", async () => (await jobsOf("two quick clicks")).length === 2);
});
