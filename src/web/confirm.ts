import { element } from "./dom.ts";

/** Asks before something that surprises. Resolves to whether it was confirmed; Escape and the backdrop mean no. */
export function confirmed(question: string, yes: string, no = "Keep it"): Promise<boolean> {
  const confirm = element("button", { type: "button", class: "danger" }, yes);
  const keep = element("button", { type: "button", class: "quiet", autofocus: true }, no);
  const dialog = element(
    "dialog",
    { class: "confirm", "aria-labelledby": "confirm-question" },
    element("p", { id: "confirm-question" }, question),
    element("div", { class: "row end" }, keep, confirm),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    let isConfirmed = false;
    confirm.addEventListener("click", () => {
      isConfirmed = true;
      dialog.close();
    });
    keep.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(isConfirmed);
    });
    dialog.showModal();
  });
}
