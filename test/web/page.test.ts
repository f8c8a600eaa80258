import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { clientOf, SMALL_JOB } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { type LocalStart, type OwnerFile, startAsUser } from "../support/local-start.ts";

// One long file: the whole queue is started once for all of these, which costs seconds each time.

/** A phone of the usual size. */
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let local: LocalStart;
let owner: OwnerFile;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Everything that the page asked for elsewhere, and every complaint of the browser. */
let strayRequests: string[];
let complaints: string[];

beforeAll(async () => {
  local = startAsUser({ MOBILESD_SPEED: "10" });
  [{ owner }, browser] = await Promise.all([local.ready(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await local?.stop();
});

async function openContext(options: object = PHONE): Promise<void> {
  await context?.close();
  context = await browser.newContext(options);
  page = await context.newPage();
  strayRequests = [];
  complaints = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(owner.url)) strayRequests.push(request.url());
  });
  page.on("console", (message) => {
    // A browser reports every 401 by itself; asking whether one is signed in gives one.
    if (message.type() === "error" && !message.text().includes("401")) {
      complaints.push(message.text());
    }
  });
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))",
  );
  page.on("pageerror", (error) => complaints.push(error.message));
}

beforeEach(() => openContext());

async function signInLink(): Promise<string> {
  const { code } = await clientOf(owner.url, owner).call("createPairing", {
    body: { for: "page" },
  });
  return `${owner.url}/#pair=${code}`;
}

async function signIn(): Promise<void> {
  await page.goto(await signInLink());
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

async function submit(more: Record<string, unknown> = {}, wish: object = {}): Promise<string> {
  const answer = await clientOf(owner.url, owner).call("submitJob", {
    body: {
      app_type: "forge",
      target_server_alias: "MyForgeServer",
      generation_params: { ...SMALL_JOB, ...more },
      ...wish,
    },
  });
  if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
  return answer.mobilesd_job_id;
}

const cardOf = (prompt: string) => page.locator("li.card", { hasText: prompt });

const LONG = { width: 2048, height: 2048, steps: 150 };

describe("the page without a sign-in", () => {
  it("says what runs and how to get in, and shows nothing of the queue", async () => {
    await page.goto(owner.url);
    await page.getByText(/Running, version \d/).waitFor();
    await page.getByText("Open the sign-in link that the terminal shows").waitFor();
    expect(await page.locator("li.card").count()).toBe(0);
    expect(strayRequests).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("lets nobody in with a code that was used", async () => {
    const link = await signInLink();
    await page.goto(link);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await openContext();
    await page.goto(link);
    await page.getByText("This code is used up").waitFor();
  });

  it("takes the code when it is typed, in any case and without dashes", async () => {
    const code = (await signInLink()).split("=")[1] ?? "";
    await page.goto(owner.url);
    await page.getByLabel("Code from the terminal").fill(code.toLowerCase().replaceAll("-", ""));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  });

  it("takes an API key, and says when it is wrong", async () => {
    await page.goto(owner.url);
    await page.getByText("Sign in with an API key").click();
    await page.getByLabel("Key", { exact: true }).fill(owner.key);
    await page.getByLabel("Secret").fill("wrong");
    await page.getByRole("button", { name: "Sign in with key" }).click();
    await page.getByText("Invalid API credentials").waitFor();
    await page.getByLabel("Secret").fill(owner.secret);
    await page.getByRole("button", { name: "Sign in with key" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  });
});

describe("the sign-in link", () => {
  it("leaves no code in the address bar and no token where scripts can read it", async () => {
    await signIn();
    expect(page.url()).toBe(`${owner.url}/`);
    expect(await page.evaluate("document.cookie")).toBe("");
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: "mobilesd", httpOnly: true, sameSite: "Strict" });
  });

  it("keeps the phone signed in after a reload, until it signs out", async () => {
    await signIn();
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("Open the sign-in link").waitFor();
    await page.reload();
    await page.getByText("Open the sign-in link").waitFor();
  });
});

describe("the page of a queue", () => {
  it("gives a first command that works as it stands while there is no job", async () => {
    await signIn();
    const command = await page.locator("pre").innerText();
    expect(command).toContain(`curl ${owner.url}/api/v2/generate`);
    const [body = ""] = /(?<=-d ')[^']+(?=')/.exec(command) ?? [];
    const answer = await clientOf(owner.url, owner).call("submitJob", {
      body: { ...JSON.parse(body), dry_run: true },
    });
    expect(answer).toMatchObject({ success: true, dry_run: true });
    await page.getByText("stand-in pictures, no Stable Diffusion").waitFor();
  });

  it("shows a picture as it comes, without a reload", async () => {
    await signIn();
    await submit({ positive_prompt: "a job that comes by itself", batch_size: 2 });
    const card = cardOf("a job that comes by itself");
    await card.getByText("Done").waitFor();
    expect(await card.getByRole("button", { name: /Open picture/ }).count()).toBe(2);
    await until("both previews are loaded", () =>
      page.evaluate(
        "[...document.querySelectorAll('.thumbnail img')].every((img) => img.naturalWidth > 0)",
      ),
    );
    expect(strayRequests).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("opens a picture in full, with the very bytes to download", async () => {
    const id = await submit({ positive_prompt: "a picture to open" });
    await signIn();
    await cardOf("a picture to open").getByRole("button", { name: "Open picture 1" }).click();
    await until("the full picture is loaded", () =>
      page.evaluate("document.querySelector('dialog.viewer img').naturalWidth === 128"),
    );
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`${id}_00001.png`);
    const { images } = await clientOf(owner.url, owner).call("getJob", { params: { id } });
    const served = await (await fetch(images[0]?.download_url ?? "")).arrayBuffer();
    expect(readFileSync(await download.path()).equals(Buffer.from(served))).toBe(true);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  it("copies a picture's infotext", async () => {
    await submit({ positive_prompt: "words to copy" });
    await signIn();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await cardOf("words to copy").getByRole("button", { name: "Copy infotext" }).click();
    await page.getByText("Infotext copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(
      /^words to copy(.|\n)*Steps: 4/,
    );
  });

  it("deletes a job after asking, and not when the answer is no", async () => {
    await submit({ positive_prompt: "a job to delete" });
    await signIn();
    const card = cardOf("a job to delete");
    await card.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    expect(await card.count()).toBe(1);
    await card.getByRole("button", { name: "Delete" }).click();
    await page.getByText("Delete this job and its picture?").waitFor();
    await page.locator("dialog").getByRole("button", { name: "Delete" }).click();
    await card.waitFor({ state: "detached" });
  });

  it("says where jobs stand, and cancels a waiting one at once, a running one after asking", async () => {
    await submit({ ...LONG, positive_prompt: "the running one" });
    await submit({ ...LONG, positive_prompt: "the waiting one" });
    await signIn();
    const running = cardOf("the running one");
    const waiting = cardOf("the waiting one");
    await running.getByText(/Being drawn/).waitFor();
    await waiting.getByText(/Next in line/).waitFor();
    expect(await page.locator("ul.moving li.card .prompt").allInnerTexts()).toEqual([
      "the running one",
      "the waiting one",
    ]);
    await waiting.getByRole("button", { name: "Cancel" }).click();
    await waiting.getByText("Cancelled").waitFor();
    await running.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    await running.getByText(/Being drawn/).waitFor();
    await running.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Stop it" }).click();
    await running.getByText("Cancelled").waitFor();
  });

  it("shows every job that waits, however many came after it", async () => {
    const client = clientOf(owner.url, owner);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const ids: string[] = [];
    for (const name of ["the oldest that waits", ...Array<string>(31).fill("one of many")]) {
      ids.push(await submit({ positive_prompt: name }, { not_before: inAnHour }));
    }
    await signIn();
    await cardOf("the oldest that waits").getByText("Waits for its time").waitFor();
    expect(await page.locator("ul.moving li.card").count()).toBe(ids.length);
    await page.getByText(`In the queue (${ids.length})`).waitFor();
    await Promise.all(ids.map((id) => client.call("cancelJob", { params: { id } })));
    await page.getByText("In the queue").waitFor({ state: "hidden" });
  });

  it("gives a link that connects Forge once, with a key that can do no more than queue", async () => {
    await signIn();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Connect Forge" }).click();
    await page.getByText(/paste it in Forge, in the tab “MobileSD Queue”/).waitFor();
    await page.getByText(/It works once, until \d/).waitFor();
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("Link copied").waitFor();
    const link = String(await page.evaluate("navigator.clipboard.readText()"));
    expect(link.startsWith(`${owner.url}/#pair=`)).toBe(true);
    const code = link.split("=")[1] ?? "";
    const client = clientOf(owner.url);
    await expect(
      client.call("claimPairing", { body: { code, for: "page" } }),
    ).rejects.toMatchObject({ problem: { code: "pairing_code_invalid" } });
    const claimed = await client.call("claimPairing", { body: { code, for: "extension" } });
    expect(claimed).toMatchObject({
      for: "extension",
      key: { permissions: ["jobs:submit", "jobs:read", "jobs:manage"] },
    });
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("keeps a hostile prompt a text", async () => {
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    await submit({ positive_prompt: hostile });
    await signIn();
    const shown = page.locator("li.card .prompt", { hasText: hostile });
    await shown.waitFor();
    expect(await shown.innerText()).toBe(hostile);
    expect(await page.title()).toBe("MobileSD Queue");
  });

  it("shows what it knew as old when the connection is gone, and goes on when it is back", async () => {
    await signIn();
    await page.locator("li.card").first().waitFor();
    await context.setOffline(true);
    await page.getByText(/No connection\. This is what was known at/).waitFor();
    expect(await page.locator("li.card").count()).toBeGreaterThan(0);
    await context.setOffline(false);
    await page.getByText(/No connection/).waitFor({ state: "hidden" });
  });
});

/** Puts words of any length into the answers about one job, which else hold what the queue says. */
async function changeJob(prompt: string, changes: object): Promise<void> {
  await page.route("**/api/v1/queue/jobs?*", async (route) => {
    const response = await route.fetch();
    const list = (await response.json()) as {
      jobs: { generation_params: { positive_prompt: string } }[];
    };
    const jobs = list.jobs.map((job) =>
      job.generation_params.positive_prompt === prompt ? { ...job, ...changes } : job,
    );
    await route.fulfill({ response, json: { ...list, jobs } });
  });
}

describe("the words of a finished job", () => {
  it("say why it failed, and on which box", async () => {
    await submit({
      positive_prompt: "a job without its VAE",
      checkpoint_name: "Flux/demoFlux_unet_Q8.gguf",
    });
    await signIn();
    const card = cardOf("a job without its VAE");
    await card.getByText("Its checkpoint needs a VAE or text encoders beside it").waitFor();
    await card
      .getByRole("alert")
      .getByText(/demoFlux_unet_Q8/)
      .waitFor();
    await card.getByText("on MyForgeServer").waitFor();
  });

  it("say calmly what the result is not", async () => {
    await submit({ positive_prompt: "a job with notes", width: 136, hires: { scale: 1.3 } });
    await signIn();
    const card = cardOf("a job with notes");
    const notes = card.getByRole("list", { name: "Notes on the result" });
    await notes.waitFor();
    expect(await notes.innerText()).toMatch(/176x160.*176x166/);
    expect(await card.getByRole("alert").count()).toBe(0);
    await card.getByText("Done").waitFor();
  });

  it.each(["light", "dark"] as const)(
    "fit a small phone however long they are, the owner's part too, in the %s",
    async (colorScheme) => {
      const endless = "x".repeat(400);
      await openContext({ viewport: { width: 320, height: 568 }, colorScheme });
      const id = await submit({ positive_prompt: `long words ${colorScheme}` });
      // What a socket tells of it is not changed here: it must be over before the page looks.
      await until("it is done", async () => {
        const { status } = await clientOf(owner.url, owner).call("getJob", { params: { id } });
        return status === "completed";
      });
      await changeJob(`long words ${colorScheme}`, {
        name: endless,
        server_alias: "b".repeat(64),
        status: "failed",
        status_reason: "forge_error",
        error: { code: "forge_error", message: endless, owner_message: endless },
        warnings: [{ code: "size_rounded", message: endless }],
      });
      await signIn();
      const card = cardOf(`long words ${colorScheme}`);
      await card.getByText(`For the owner of the box: ${endless}`).waitFor();
      const inCard = "[...document.querySelectorAll('li.card, li.card *')]";
      expect(
        await page.evaluate(
          `${inCard}.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 && getComputedStyle(one).display !== 'inline').length`,
        ),
      ).toBe(0);
      expect(complaints).toEqual([]);
    },
  );
});

describe("every view of the page", () => {
  it.each([
    ["a small phone", { width: 320, height: 568 }],
    ["a phone", { width: 390, height: 844 }],
    ["a large phone", { width: 430, height: 932 }],
    ["a desktop", { width: 1280, height: 900 }],
  ])("fits %s without scrolling sideways", async (_, viewport) => {
    await openContext({ viewport });
    const isTooWide = () =>
      page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
    await page.goto(owner.url);
    await page.getByText(/Running, version/).waitFor();
    expect(await isTooWide()).toBe(false);
    await signIn();
    await page.locator("li.card").first().waitFor();
    expect(await isTooWide()).toBe(false);
  });

  it("is served with headers that let nothing but its own scripts run", async () => {
    const response = await fetch(owner.url);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  });
});
