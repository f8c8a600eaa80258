import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/box/until.ts";
import type { Host } from "./support/host.ts";
import { type Lab, startLab } from "./support/lab.ts";
import { queueScreen } from "./support/queue-button.ts";
import { canvasValue, pixelsOf, setFields } from "./support/screen.ts";

let lab: Lab;
let host: Host;
let page: Page;

beforeAll(async () => {
  lab = await startLab({ hasAgent: false });
  ({ host, page } = await lab.openHost({ isConnected: false, flags: ["--api"] }));
  page.on("dialog", (dialog) => void dialog.accept());
});
afterAll(() => lab.stop());

const openTab = (name: string) => page.locator(`#tab_${name}-button`).click();
const cardOf = (prompt: string): Locator => page.locator(".mobilesd_card", { hasText: prompt });
const press = (card: Locator, name: string) =>
  card.getByRole("button", { name, exact: true }).click();

async function queueAs(prompt: string, fields: Record<string, number> = {}) {
  await openTab("txt2img");
  await setFields(page, { txt2img_prompt: prompt, ...fields });
  return queueScreen(page, "txt2img");
}

/** The file with the key, as the extension keeps it. */
function credentials(): { path: string; secret: string } {
  const [path = ""] = globSync(join(host.configDir, "mobilesd/*/credentials.json"));
  return { path, secret: JSON.parse(readFileSync(path, "utf8")).secret };
}

describe("connecting", () => {
  it("says without a key that there is no connection, and what to do", async () => {
    expect(await queueAs("before there is a key")).toMatch(/not connected/i);
  });

  it("is done by pasting one link, which gives this Forge a key of its own", async () => {
    const { code } = await lab.queue.owner.call("createPairing", { body: { for: "extension" } });
    await openTab("mobilesd_queue_tab");
    const form = page.locator("#tab_mobilesd_queue_tab .mobilesd_connect");
    await form.getByLabel("Link or code").fill(`${lab.proxy.url}/pair#${code}`);
    await form.getByRole("button", { name: "Connect", exact: true }).click();
    await form
      .getByText(/Connected to/)
      .first()
      .waitFor();
    expect(credentials().secret).not.toBe(lab.queue.ownerKey.secret);
    expect(host.readConfig()).toMatchObject({ mobilesd_url: lab.proxy.url });
    expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  });

  it("leaves the secret in one file that only its owner may read, outside of Forge's folder", () => {
    const { path } = credentials();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(path.startsWith(host.dataDir)).toBe(false);
  });

  it("shows the secret nowhere: not on the page, in its config, the options or a log", async () => {
    const { secret } = credentials();
    const paths = ["/", "/config", "/sdapi/v1/options", "/mobilesd-queue/state"];
    const answers = await Promise.all(
      paths.map((path) =>
        page.evaluate(
          async (to) => (await fetch(to, { headers: { "X-MobileSD": "1" } })).text(),
          path,
        ),
      ),
    );
    const settings = await page.locator("#settings_json textarea").inputValue();
    const config = JSON.stringify(host.readConfig());
    const seen = [...answers, settings, config, await page.content(), host.output()];
    expect(answers.every((answer) => answer.length > 100)).toBe(true);
    expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  });
});

describe("a job that waits", () => {
  it("stands on the tab with its place, and is counted on the button", async () => {
    const fields = {
      txt2img_steps: 11,
      txt2img_seed: 4242,
      txt2img_width: 128,
      txt2img_height: 192,
    };
    expect(await queueAs("the first that waits", fields)).toContain("Queued");
    expect(await queueAs("the second that waits")).toContain("Queued");
    await openTab("mobilesd_queue_tab");
    await cardOf("the first that waits").waitFor();
    await cardOf("the second that waits").waitFor();
    await openTab("txt2img");
    await page.locator("#txt2img_queue_mobilesd .mobilesd_badge", { hasText: "2" }).waitFor();
  });

  it("comes back on screen with its settings, to be changed and queued again", async () => {
    await openTab("txt2img");
    await setFields(page, { txt2img_prompt: "something else", txt2img_steps: 30, txt2img_seed: 1 });
    await openTab("mobilesd_queue_tab");
    await press(cardOf("the first that waits"), "Open in txt2img");
    await until(
      "the prompt is back",
      async () =>
        (await page.locator("#txt2img_prompt textarea").inputValue()) === "the first that waits",
    );
    const number = (id: string) => page.locator(`#${id} input[type=number]`).first().inputValue();
    await until(
      "the numbers are back",
      async () =>
        (await number("txt2img_steps")) === "11" && (await number("txt2img_seed")) === "4242",
    );
    expect(await number("txt2img_width")).toBe("128");
    expect(await number("txt2img_height")).toBe("192");
    expect(await page.locator("#tab_txt2img-button").getAttribute("aria-selected")).toBe("true");
  });

  it("can be cancelled, and a cancelled one retried as a new job", async () => {
    await openTab("mobilesd_queue_tab");
    await press(cardOf("the second that waits"), "Cancel");
    await page.locator(".mobilesd_note", { hasText: "Cancelled." }).waitFor();
    const cancelled = page.locator(".mobilesd_card[data-status=cancelled]");
    await cancelled.waitFor();
    const cancelledId = await cancelled.getAttribute("data-id");
    lab.proxy.once("/retry", "lose_answer");
    await press(cancelled, "Retry");
    const again = page.locator(".mobilesd_card[data-status=pending]", { hasText: "the second" });
    await again.waitFor();
    const id = (await again.getAttribute("data-id")) ?? "";
    const job = await lab.queue.owner.call("getJob", { params: { id } });
    expect(job).toMatchObject({ retry_of: cancelledId });
    await page.locator(".mobilesd_note", { hasText: "Queued again" }).waitFor();
    expect(await lab.jobsOf("the second that waits")).toBe(2);
  });
});

describe("a job that is run", () => {
  it("is watched until its picture is there", async () => {
    lab.startAgent();
    await openTab("mobilesd_queue_tab");
    const done = page.locator(".mobilesd_card[data-status=completed]", { hasText: "the first" });
    await done.waitFor({ timeout: 40_000 });
    await done.locator(".mobilesd_pictures img").first().waitFor();
  });

  it("sends its picture and its settings to img2img", async () => {
    const done = page.locator(".mobilesd_card[data-status=completed]", { hasText: "the first" });
    const id = (await done.getAttribute("data-id")) ?? "";
    const { images } = await lab.queue.owner.call("getJob", { params: { id } });
    const result = await lab.queue.download(images[0]?.download_url ?? "");
    await press(done, "img2img");
    const sent = await until(
      "the picture is on the canvas",
      async () => (await canvasValue(page, "#img2img_img2img_tab", "background")) || null,
    );
    expect(await pixelsOf(sent)).toEqual(await pixelsOf(result));
    await until(
      "its prompt is there",
      async () =>
        (await page.locator("#img2img_prompt textarea").inputValue()) === "the first that waits",
    );
    expect(await page.locator("#tab_img2img-button").getAttribute("aria-selected")).toBe("true");
  });

  it("can be queued anew from there, as img2img with that very picture", async () => {
    await setFields(page, { img2img_prompt: "once more from its result" });
    expect(await queueScreen(page, "img2img")).toContain("Queued");
    const asked = await lab.asked("once more from its result");
    expect(asked.init_images).toHaveLength(1);
  });

  it("is deleted when its card says so", async () => {
    await openTab("mobilesd_queue_tab");
    const card = page.locator(".mobilesd_card[data-status=cancelled]");
    const id = (await card.getAttribute("data-id")) ?? "";
    await press(card, "Delete");
    await page.locator(".mobilesd_note", { hasText: "Deleted." }).waitFor();
    await card.waitFor({ state: "detached" });
    await expect(lab.queue.owner.call("getJob", { params: { id } })).rejects.toThrow();
  });
});

it("another page cannot call the extension's routes", async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${host.url}/mobilesd-queue/state`, { headers }).then(({ status }) => status);
  expect(await ask({ "X-MobileSD": "1" })).toBe(200);
  expect(await ask({ "X-MobileSD": "1", Origin: host.url })).toBe(200);
  expect(await ask({})).toBe(403);
  expect(await ask({ "X-MobileSD": "1", Origin: "https://elsewhere.example" })).toBe(403);
  expect(await ask({ "X-MobileSD": "1", "Sec-Fetch-Site": "cross-site" })).toBe(403);
});

it("disconnecting takes the key and every setting of ours off this machine", async () => {
  await openTab("mobilesd_queue_tab");
  const form = page.locator("#tab_mobilesd_queue_tab .mobilesd_connect");
  await form.getByRole("button", { name: "Disconnect" }).click();
  await form.getByText(/Disconnected/).waitFor();
  expect(globSync(join(host.configDir, "mobilesd/*/credentials.json"))).toEqual([]);
  const kept = Object.keys(host.readConfig()).filter((name) => name.startsWith("mobilesd"));
  expect(kept).toEqual([]);
});
