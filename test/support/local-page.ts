import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { clientOf, SMALL_JOB } from "./box/queue.ts";
import { launchBrowser } from "./browser.ts";
import { type LocalStart, type OwnerFile, startAsUser } from "./local-start.ts";

/** A phone of the usual size. */
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The page of a queue that runs as `npm start` starts it, new for each test of a file. */
export interface LocalPage {
  readonly owner: OwnerFile;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Everything that the page asked for elsewhere, and every complaint of the browser. */
  readonly strayRequests: string[];
  readonly complaints: string[];
  /** Opens it anew in a browser with other options; a phone without any. */
  openContext(options?: object): Promise<void>;
  /** A link that signs in once. */
  signInLink(): Promise<string>;
  signIn(): Promise<void>;
  /** Queues a small job with these parameters; answers its id. */
  submit(params?: Record<string, unknown>, wish?: object): Promise<string>;
  cardOf(prompt: string): Locator;
}

async function openContext(browser: Browser, owner: OwnerFile, options: object) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const strayRequests: string[] = [];
  const complaints: string[] = [];
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
  return { context, page, strayRequests, complaints };
}

/** Starts the whole queue once for all tests of a file: that costs seconds each time. */
export function useLocalPage(): LocalPage {
  let local: LocalStart;
  let browser: Browser;
  const here = {
    async openContext(options: object = PHONE) {
      await here.context?.close();
      Object.assign(here, await openContext(browser, here.owner, options));
    },
    async signInLink() {
      const client = clientOf(here.owner.url, here.owner);
      const { code } = await client.call("createPairing", { body: { for: "page" } });
      return `${here.owner.url}/#pair=${code}`;
    },
    async signIn() {
      await here.page.goto(await here.signInLink());
      await here.page.getByRole("button", { name: "Sign out" }).waitFor();
    },
    async submit(params = {}, wish = {}) {
      const answer = await clientOf(here.owner.url, here.owner).call("submitJob", {
        body: {
          app_type: "forge",
          target_server_alias: "MyForgeServer",
          generation_params: { ...SMALL_JOB, ...params },
          ...wish,
        },
      });
      if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
      return answer.mobilesd_job_id;
    },
    cardOf: (prompt) => here.page.locator("li.card", { hasText: prompt }),
  } as { -readonly [K in keyof LocalPage]: LocalPage[K] };

  beforeAll(async () => {
    local = startAsUser({ MOBILESD_SPEED: "10" });
    [{ owner: here.owner }, browser] = await Promise.all([local.ready(), launchBrowser()]);
  }, 120_000);
  beforeEach(() => here.openContext());
  afterAll(async () => {
    await browser?.close();
    await local?.stop();
  });
  return here;
}
