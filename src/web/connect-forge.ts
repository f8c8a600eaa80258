import type { Pairing } from "@mobilesd/contract";
import { api } from "./api.ts";
import { button, copyText, element } from "./dom.ts";

/** Until when a code holds, as a time of day. */
const untilWords = (pairing: Pairing) =>
  new Date(pairing.expires_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/** Shows a link by which a Forge extension gets a key of its own, and where to paste it. */
function openLink(pairing: Pairing): void {
  const link = pairing.url ?? pairing.code;
  const close = element("button", { type: "button", class: "quiet", autofocus: true }, "Close");
  const dialog = element(
    "dialog",
    { class: "confirm connect", "aria-labelledby": "connect-title" },
    element("h2", { id: "connect-title" }, "Connect Forge"),
    element(
      "p",
      {},
      "Copy this link and paste it in Forge, in the tab “MobileSD Queue”, then press Connect:",
    ),
    element("pre", { class: "link", tabindex: "0" }, link),
    element(
      "p",
      { class: "hint" },
      `It works once, until ${untilWords(pairing)}, and lets Forge queue and manage your jobs, nothing else.`,
    ),
    element(
      "div",
      { class: "row end" },
      close,
      button("Copy link", "primary", () => copyText(link, "Link")),
    ),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The button that makes a fresh link for a Forge extension; `onFailure` gets what kept it from coming. */
export function connectForgeButton(onFailure: (error: unknown) => void): HTMLButtonElement {
  return button("Connect Forge", "quiet", async () => {
    try {
      openLink(await api.call("createPairing", { body: { for: "extension" } }));
    } catch (error) {
      onFailure(error);
    }
  });
}
