import type { ServerView } from "@mobilesd/contract";
import { button, element, setText } from "./dom.ts";
import { modeWord, serverFacts, serverWords } from "./server-words.ts";

export interface ServerActions {
  pause(server: ServerView): Promise<void>;
  resume(server: ServerView): Promise<void>;
  drain(server: ServerView): Promise<void>;
  unload(server: ServerView): Promise<void>;
  /** Somebody looks at what a server does: what is shown of it should be of now. */
  look(): void;
}

/** The facts of a server as a list of names and values; only what differs is touched. */
function factList() {
  const root = element("dl", { class: "facts" });
  const values = new Map<string, HTMLElement>();
  return {
    root,
    update(facts: readonly (readonly [string, string])[]): void {
      const names = facts.map(([name]) => name).join("\n");
      if (names !== [...values.keys()].join("\n")) {
        values.clear();
        root.replaceChildren();
        for (const [name] of facts) {
          const value = element("dd");
          values.set(name, value);
          root.append(element("dt", {}, name), value);
        }
      }
      for (const [name, value] of facts) setText(values.get(name) ?? root, value);
    },
  };
}

/** A button that shows and hides a part below it; Escape in that part hides it too. */
function discloser(label: string, part: HTMLElement, onOpen: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: "quiet more", "aria-label": label }, "⋯");
  const setOpen = (isOpen: boolean) => {
    part.hidden = !isOpen;
    made.setAttribute("aria-expanded", String(isOpen));
  };
  setOpen(false);
  made.setAttribute("aria-controls", part.id);
  made.addEventListener("click", () => {
    setOpen(part.hidden === true);
    if (!part.hidden) onOpen();
  });
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    setOpen(false);
    made.focus();
  });
  return made;
}

/** One server's line, and behind it what else is known and can be done. It lives as long as the server is listed. */
function makeServer(alias: string, actions: ServerActions) {
  let current: ServerView;
  const demo = element("span", { class: "chip demo" }, "Demo");
  const mode = element("span", { class: "chip mode" });
  const words = element("span", { class: "words" });
  const pause = button("Pause", "quiet order", () => actions.pause(current));
  const resume = button("Resume", "quiet strong order", () => actions.resume(current));
  const drain = button("Drain…", "quiet order", () => actions.drain(current));
  const unload = button("Unload model", "quiet order", () => actions.unload(current));
  const facts = factList();
  const panel = element(
    "div",
    { class: "panel", id: `server-${alias}` },
    facts.root,
    element("div", { class: "row" }, drain, unload),
  );
  const more = discloser(`More about ${alias}`, panel, actions.look);
  const names = element("div", { class: "names" }, element("strong", {}, alias), demo, mode, words);
  const root = element(
    "li",
    {},
    element("div", { class: "line" }, names, pause, resume, more),
    panel,
  );
  return {
    root,
    update(server: ServerView, now: number): void {
      current = server;
      demo.hidden = server.forge?.flavour !== "demo";
      mode.hidden = server.mode === "active";
      setText(mode, modeWord(server) ?? "");
      setText(words, serverWords(server, now));
      pause.hidden = server.mode !== "active";
      resume.hidden = server.mode === "active";
      drain.hidden = server.mode === "draining";
      unload.hidden = !server.is_present;
      if (!panel.hidden) facts.update(serverFacts(server, now));
    },
  };
}

/** Which boxes draw the pictures, what they do, and what they can be told. */
export function serverList(actions: ServerActions) {
  const root = element("ul", { class: "servers", "aria-label": "Servers" });
  const lines = new Map<string, ReturnType<typeof makeServer>>();
  return {
    root,
    update(servers: readonly ServerView[], now: number): void {
      for (const server of servers) {
        const line = lines.get(server.alias) ?? makeServer(server.alias, actions);
        lines.set(server.alias, line);
        line.update(server, now);
        if (!line.root.isConnected) root.append(line.root);
      }
      const listed = new Set(servers.map((server) => server.alias));
      for (const [alias, line] of lines) {
        if (listed.has(alias)) continue;
        line.root.remove();
        lines.delete(alias);
      }
    },
  };
}
