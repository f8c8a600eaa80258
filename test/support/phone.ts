import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Queue } from "./box/queue.ts";
import { lookAtCard } from "./look-at-card.js";

/** A phone of the usual size. */
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The start page on a phone that is signed in. */
export interface Phone {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of, the policy of the page included; a lost connection is no complaint. */
  readonly complaints: readonly string[];
  /** Paths that the page asked for by HTTP. */
  readonly asked: readonly string[];
  /** The sockets that it opened, the newest last. */
  readonly sockets: readonly { readonly url: string; isOpen: boolean }[];
}

/** Opens the page of a queue on a phone, over `url` where that is not the queue's own. */
export async function openPhone(
  browser: Browser,
  queue: Queue,
  options: { url?: string; reducedMotion?: "reduce" } = {},
): Promise<Phone> {
  const { url = queue.worker.url, ...more } = options;
  const context = await browser.newContext({ ...PHONE, ...more });
  const page = await context.newPage();
  // Shorter than a test may take, so that what was waited for in vain is named.
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const asked: string[] = [];
  const sockets: { url: string; isOpen: boolean }[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/net::|WebSocket/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  page.on("websocket", (socket) => {
    const opened = { url: socket.url(), isOpen: true };
    sockets.push(opened);
    socket.on("close", () => {
      opened.isOpen = false;
    });
  });
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))",
  );
  const { code } = await queue.owner.call("createPairing", { body: { for: "page" } });
  await page.goto(`${url}/#pair=${code}`);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return { page, context, complaints, asked, sockets };
}

/** What was seen of one job's card, frame by frame. */
export interface Sight {
  /** Pictures that stood in the card, in their order: `live` for one that came over the socket. */
  readonly pictures: readonly { readonly isLive: boolean; readonly src: string }[];
  /** Whole percent, in their order, each change once. */
  readonly percents: readonly number[];
  /** Where the picture's frame was, each place once. */
  readonly places: readonly string[];
  /** Frames in which a picture was gone that had been there. */
  readonly blanks: number;
  readonly words: readonly string[];
  readonly statuses: readonly string[];
  /** What was said to those who do not see the page. */
  readonly said: readonly string[];
  readonly wasReconnecting: boolean;
  readonly wasStale: boolean;
}

/** Begins to look at the card of the job with this prompt; the answer tells what was seen so far. */
export async function watchCard(page: Page, prompt: string): Promise<() => Promise<Sight>> {
  await page.evaluate(lookAtCard, prompt);
  return () => page.evaluate("globalThis.seen") as Promise<Sight>;
}
