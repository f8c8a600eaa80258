import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { asksIn, openScriptPage, type PageSocket } from "./support/script-page.ts";

const SCRIPTS = ["mobilesdqueue.js", "mobilesdqueue_live.js"];
const MINUTE_MS = 60_000;
const STATE = { connected: true, key_start: "msk_a", waiting: 1, outbox: [] };

const job = (id: string, server = "Attic", status = "pending") => ({ id, server, status });
const jobEvent = (id: string, status: string | null, about: string) => ({
  type: "job",
  id,
  status,
  mobilesd_job_id: about,
  sequence: [1, 0],
});

/** A page whose queue gives tickets, unless `refusal` says why not. */
function openPage() {
  const queue = { refusal: null as object | null, tickets: 0 };
  const page = openScriptPage(SCRIPTS, (path) => {
    if (path !== "live") return STATE;
    if (queue.refusal) return queue.refusal;
    queue.tickets += 1;
    return { url: `ws://queue.lan/api/v1/events?ticket=${queue.tickets}` };
  });
  return { ...page, tickets: queue };
}

const settle = () => vi.advanceTimersByTimeAsync(10);

/** A page in sight of its tab that follows these jobs and whose first socket stands. */
async function openLivePage(...jobs: ReturnType<typeof job>[]) {
  const page = openPage();
  page.openTab();
  page.queue.follow(jobs);
  await settle();
  const socket = page.sockets[0] as PageSocket;
  socket.open();
  await settle();
  return { ...page, socket };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a ticket is asked for only while the tab is seen and a job is open", async () => {
  const page = openPage();
  page.queue.follow([job("1")]);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  page.queue.follow([]);
  page.openTab();
  page.show(false);
  page.queue.follow([job("1")]);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(page.asked("live")).toEqual([]);
  page.show(true);
  await settle();
  expect(page.asked("live")).toEqual([{ path: "live", body: { server: "Attic", since: "" } }]);
});

it("each server of an open job has one socket, and no page more than four", async () => {
  const page = openPage();
  page.openTab();
  page.queue.follow(["A", "B", "A", "C", "D", "E"].map((server) => job(server, server)));
  await settle();
  const servers = page.asked("live").map(({ body }) => body);
  expect(servers).toEqual(["A", "B", "C", "D"].map((server) => ({ server, since: "" })));
  for (const socket of page.sockets) socket.open();
  expect(page.queue.isLive()).toBe(false);
  page.queue.follow([job("1", "B")]);
  expect(page.sockets.map(({ isClosed }) => isClosed)).toEqual([true, false, true, true]);
  expect(page.queue.isLive()).toBe(true);
});

it("while the socket stands the page looks when it hears something, else twice a minute", async () => {
  const page = await openLivePage(job("1", "Attic", "processing"));
  expect(await asksIn(page, 10 * MINUTE_MS, "state")).toBe(20);
  const before = page.asked("state").length;
  page.socket.tell(jobEvent("l.1", "processing", "1"));
  await settle();
  page.socket.tell({ type: "server", id: "l.2", is_present: false });
  await settle();
  page.socket.tell({ type: "gap", id: "l.3" });
  await settle();
  expect(await asksIn(page, MINUTE_MS / 2 - 100, "state")).toBe(0);
  expect(page.asked("state").length).toBe(before + 3);
});

it("progress and previews are handed on without a look", async () => {
  const page = await openLivePage(job("1", "Attic", "processing"));
  const heard: object[] = [];
  page.queue.feed.on("run", (event) => heard.push(event));
  const events = ["progress", "preview"].map((type, n) => ({
    type,
    id: `l.${n}`,
    sequence: [1, n],
  }));
  for (const event of events) page.socket.tell(event);
  expect(heard).toEqual(events);
  expect(await asksIn(page, MINUTE_MS / 3)).toBe(0);
});

it("a page whose socket is refused looks as often as without", async () => {
  const page = openPage();
  page.queue.feed.addLook({ isWanted: () => true, run: async () => true });
  page.openTab();
  page.tickets.refusal = { error: "There is no such thing here", code: "not_found" };
  page.queue.follow([job("1")]);
  await settle();
  expect(await asksIn(page, MINUTE_MS, "state")).toBe(30);
  page.tickets.refusal = null;
  page.page.canConnect = false;
  expect(await asksIn(page, MINUTE_MS, "state")).toBe(30);
  expect(page.queue.isLive()).toBe(false);
});

it("a lost socket is followed by a look at once, and by another with a new ticket", async () => {
  const page = await openLivePage(job("1"));
  page.socket.tell(jobEvent("life.7", "pending", "1"));
  await vi.advanceTimersByTimeAsync(MINUTE_MS / 2);
  const looks = page.asked("state").length;
  page.socket.lose();
  expect(page.queue.isLive()).toBe(false);
  await vi.advanceTimersByTimeAsync(2_400);
  expect(page.asked("state").length).toBeGreaterThan(looks);
  expect(page.sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(page.sockets).toHaveLength(2);
  expect(page.sockets[1]?.url).toContain("ticket=2");
  expect(page.asked("live").at(-1)?.body).toEqual({ server: "Attic", since: "life.7" });
  page.sockets[1]?.open();
  expect(page.queue.isLive()).toBe(true);
});

it("tries that fail come ever later, up to ten minutes apart, each at a moment left to chance", async () => {
  const page = openPage();
  page.openTab();
  page.page.random = 1;
  page.tickets.refusal = { error: "Too many watch", code: "too_many_watchers" };
  page.queue.follow([job("1")]);
  await settle();
  const waits = [5, 10, 20, 40, 80, 160, 320, 600, 600];
  for (const seconds of waits) {
    expect(await asksIn(page, seconds * 1_000 - 100, "live")).toBe(0);
    expect(await asksIn(page, 100, "live")).toBe(1);
  }
  page.page.random = 0.01;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await asksIn(page, 6_100, "live")).toBe(1);
});

it("a socket that died without a word is found by its silence", async () => {
  const page = await openLivePage(job("1"));
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  expect(page.socket.sent).toHaveLength(30);
  expect(page.queue.isLive()).toBe(true);
  page.socket.isDead = true;
  await vi.advanceTimersByTimeAsync(40_000);
  expect(page.socket.isClosed).toBe(true);
  expect(page.queue.isLive()).toBe(false);
});

it("a page that nobody sees hears what runs to its end, and nothing of what only waits", async () => {
  const page = await openLivePage(job("1", "Attic", "processing"), job("2", "Cellar"));
  page.sockets[1]?.open();
  page.openTab("tab_txt2img");
  expect(page.sockets.map(({ isClosed }) => isClosed)).toEqual([false, true]);
  page.show(false);
  page.socket.tell(jobEvent("l.1", "processing", "1"));
  expect(page.socket.isClosed).toBe(false);
  page.socket.tell(jobEvent("l.2", "completed", "1"));
  expect(page.socket.isClosed).toBe(true);
  expect(await asksIn(page, 10 * MINUTE_MS)).toBe(0);
});

it("a socket that is lost while nobody sees the page is not opened again before somebody does", async () => {
  const page = await openLivePage(job("1", "Attic", "processing"));
  page.show(false);
  page.socket.lose();
  expect(await asksIn(page, 10 * MINUTE_MS)).toBe(0);
  page.show(true);
  await settle();
  expect(page.sockets).toHaveLength(2);
});
