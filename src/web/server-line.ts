import type { ServerView } from "@mobilesd/contract";
import { element } from "./dom.ts";
import { serverWords } from "./words.ts";

/** Which boxes draw the pictures; a demo says that it is one, and an absent one that it is away. */
export function serverLine(servers: readonly ServerView[], now: number): HTMLElement {
  const lines = servers.map((server) =>
    element(
      "li",
      {},
      element("strong", {}, server.alias),
      server.forge?.flavour === "demo" ? element("span", { class: "chip demo" }, "Demo") : null,
      element("span", {}, serverWords(server, now)),
    ),
  );
  return element("ul", { class: "servers", "aria-label": "Servers" }, ...lines);
}

/** By what two lists of servers look different. */
export const serversKey = (servers: readonly ServerView[], now: number) =>
  servers.map((server) => `${server.alias} ${serverWords(server, now)}`).join("\n");
