import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { vi } from "vitest";

const SCRIPTS = join(import.meta.dirname, "../../../forge-extension/mobilesdqueue/javascript");
const TAB_ID = "tab_mobilesd_queue_tab";

/** What tests use of `window.mobilesdQueue`. */
interface Queue {
  readonly feed: {
    on(type: "state" | "run", listener: (event: object) => void): void;
    addLook(look: object): void;
    nudge(): void;
  };
  follow(jobs: readonly { id: string; server: string; status: string }[]): void;
  isLive(): boolean;
}

/** A socket as the scripts open it; the test plays the queue at its other end. */
export class PageSocket {
  readonly sent: string[] = [];
  isClosed = false;
  /** A queue at the other end answers pings; a line that died does not. */
  isDead = false;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(text);
    if (!this.isDead) setTimeout(() => this.onmessage?.({ data: "pong" }), 1);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.();
  }

  tell(event: object): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  /** The other end closes. */
  lose(): void {
    this.isClosed = true;
    this.onclose?.();
  }
}

/** A page of Forge's with some of our scripts, and a Forge that answers what `answer` says; null is no Forge. */
export function openScriptPage(
  names: readonly string[],
  answer: (path: string, body: object) => object | null,
) {
  const asked: { path: string; body: object }[] = [];
  const seen: object[] = [];
  const sockets: PageSocket[] = [];
  const page = { isHidden: false, tab: "tab_txt2img", canConnect: true, random: 0.5 };
  const changes: (() => void)[] = [];
  const window: { mobilesdQueue?: Queue } = {};
  const begin: (() => void)[] = [];
  const sandbox = {
    window,
    document: {
      get hidden() {
        return page.isHidden;
      },
      addEventListener: (_type: string, listener: () => void) => changes.push(listener),
    },
    AbortSignal,
    Math: Object.assign(Object.create(Math), { random: () => page.random }),
    setTimeout: (act: () => void, delayMs: number) => setTimeout(act, delayMs),
    clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
    onUiLoaded: (act: () => void) => begin.push(act),
    onUiTabChange: (listener: () => void) => changes.push(listener),
    get_uiCurrentTabContent: () => ({ id: page.tab }),
    WebSocket: function open(url: string) {
      if (!page.canConnect) throw new Error("A page of https opens no ws: socket.");
      const socket = new PageSocket(url);
      sockets.push(socket);
      return socket;
    },
    fetch: async (url: string, { body }: { body: string | null }) => {
      const path = url.replace("./mobilesd-queue/", "");
      asked.push({ path, body: JSON.parse(body ?? "{}") });
      const told = answer(path, JSON.parse(body ?? "{}"));
      if (told === null) throw new TypeError("nobody answers");
      return { ok: !("code" in told), json: async () => told };
    },
  };
  for (const name of names) runInNewContext(readFileSync(join(SCRIPTS, name), "utf8"), sandbox);
  const queue = window.mobilesdQueue as Queue;
  queue.feed.on("state", (state) => seen.push(state));
  for (const act of begin) act();
  const tellChange = () => {
    for (const listener of changes) listener();
  };
  return {
    page,
    queue,
    seen,
    sockets,
    /** What Forge was asked for, as far as its path begins so. */
    asked: (path = "") => asked.filter((one) => one.path.startsWith(path)),
    show(isShown: boolean) {
      page.isHidden = !isShown;
      tellChange();
    },
    openTab(tab = TAB_ID) {
      page.tab = tab;
      tellChange();
    },
  };
}

export type ScriptPage = ReturnType<typeof openScriptPage>;

/** How often the page asks for something within a time. */
export async function asksIn(page: ScriptPage, durationMs: number, path = ""): Promise<number> {
  const before = page.asked(path).length;
  await vi.advanceTimersByTimeAsync(durationMs);
  return page.asked(path).length - before;
}
