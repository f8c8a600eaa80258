import type { ServerView } from "@mobilesd/contract";
import { element } from "./dom.ts";

const FLAVOURS: Record<string, string> = { forge: "Forge", neo: "Forge Neo" };

function describe(server: ServerView): string {
  if (server.forge === null) return "its agent has not come yet";
  const { flavour, version } = server.forge;
  if (flavour === "demo") return "stand-in pictures, no Stable Diffusion";
  return `${FLAVOURS[flavour] ?? "Forge"}${version === null ? "" : ` ${version}`}`;
}

/** Which boxes draw the pictures; a demo says that it is one. */
export function serverLine(servers: readonly ServerView[]): HTMLElement {
  const lines = servers.map((server) =>
    element(
      "li",
      {},
      element("strong", {}, server.alias),
      server.forge?.flavour === "demo" ? element("span", { class: "chip demo" }, "Demo") : null,
      element("span", {}, describe(server)),
    ),
  );
  return element("ul", { class: "servers", "aria-label": "Servers" }, ...lines);
}

/** By what two lists of servers look different. */
export const serversKey = (servers: readonly ServerView[]) =>
  servers.map((server) => `${server.alias} ${describe(server)}`).join("\n");
