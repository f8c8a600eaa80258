import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { asksIn, openScriptPage } from "./support/script-page.ts";

const EXTENSION = join(import.meta.dirname, "../../forge-extension/mobilesdqueue");
const BYTES_MAX = 40_000;
const MINUTE_MS = 60_000;

const SAVED = { id: "1", standing: "waiting", outlook: "It waits." };
const QUIET = { connected: true, key_start: "msk_a", waiting: 0, outbox: [] as object[] };
/** What the page's first look finds: the queue is being asked meanwhile. */
const UNKNOWN = { ...QUIET, connected: null, waiting: null };

/** The core on a page of Forge's that nothing else looks at. */
const openPage = (answer: () => object | null) => openScriptPage(["mobilesdqueue.js"], answer);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a page that was just loaded asks until it knows how many jobs wait", async () => {
  let state: object = UNKNOWN;
  const page = openPage(() => state);
  await vi.advanceTimersByTimeAsync(100);
  state = { ...QUIET, waiting: 3 };
  await vi.advanceTimersByTimeAsync(3_000);
  expect(page.seen.at(-1)).toEqual(state);
});

it("a page whose first question fails asks again until Forge answers", async () => {
  let state: object | null = null;
  const page = openPage(() => state);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  state = QUIET;
  await vi.advanceTimersByTimeAsync(16_000);
  expect(page.seen.at(-1)).toEqual(QUIET);
});

it("nobody is asked while nothing waits, and nobody without a key", async () => {
  for (const state of [QUIET, { ...UNKNOWN, connected: false, key_start: "", outbox: [SAVED] }]) {
    const page = openPage(() => state);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await asksIn(page, 60 * MINUTE_MS)).toBe(0);
  }
});

it("what waits for a person is not looked at while it waits", async () => {
  const outbox = [
    { ...SAVED, standing: "asks" },
    { ...SAVED, standing: "refused" },
  ];
  const page = openPage(() => ({ ...QUIET, outbox }));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(await asksIn(page, 60 * MINUTE_MS)).toBe(0);
});

it("what waits and does not move is looked at four times a minute", async () => {
  const still = [
    { ...QUIET, waiting: 3 },
    { ...QUIET, outbox: [SAVED] },
    { ...UNKNOWN, connected: false },
  ];
  for (const state of still) {
    const page = openPage(() => state);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await asksIn(page, 10 * MINUTE_MS)).toBe(40);
  }
});

it("what moves is looked at every two seconds, and so is what somebody has just done", async () => {
  let waiting = 1;
  const page = openPage(() => ({ ...QUIET, waiting }));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  page.queue.feed.nudge();
  await vi.advanceTimersByTimeAsync(100);
  for (let look = 0; look < 5; look += 1) {
    waiting += 1;
    expect(await asksIn(page, 2_000)).toBe(1);
  }
});

it("a hidden page asks nothing, and asks at once when it is seen again", async () => {
  const page = openPage(() => ({ ...QUIET, waiting: 3 }));
  await vi.advanceTimersByTimeAsync(100);
  page.show(false);
  expect(await asksIn(page, 60 * MINUTE_MS)).toBe(0);
  const before = page.asked().length;
  page.show(true);
  expect(page.asked().length).toBe(before + 1);
});

it("the page's scripts and style stay under 40,000 bytes altogether", () => {
  const files = [...globSync(join(EXTENSION, "javascript/*.js")), join(EXTENSION, "style.css")];
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  expect(files.length).toBeGreaterThan(5);
  expect(bytes).toBeLessThan(BYTES_MAX);
});
