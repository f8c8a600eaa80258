type Attributes = Readonly<Record<string, string | number | boolean>>;
type Child = Node | string | null;

/**
 * An element with attributes and children. Text stays text: nothing that a prompt or a name holds can become
 * markup here, and there is no other way to make elements in these pages.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button that does one thing, and cannot be pressed again until that is done. */
export function button(
  label: string,
  className: string,
  act: () => Promise<void> | void,
): HTMLButtonElement {
  const made = element("button", { type: "button", class: className }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    made.setAttribute("aria-busy", "true");
    try {
      await act();
    } finally {
      made.disabled = false;
      made.removeAttribute("aria-busy");
    }
  });
  return made;
}

/** Lets what changes the queue (`order`) be pressed, or not; a button that is at it stays as it is. */
export function allowOrders(root: HTMLElement, isAllowed: boolean): void {
  for (const order of root.querySelectorAll<HTMLButtonElement>("button.order:not([aria-busy])")) {
    order.disabled = !isAllowed;
  }
}

/** Changes a text only when it differs, so that a selection and a screen reader are left in peace. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Says something to those who do not see the page. */
export function announce(text: string): void {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}

const NOTE_SHOWN_MS = 4_000;

/** A short message at the foot of the page: what just happened, or why it did not. */
export function note(text: string): void {
  const made = element("div", { class: "note", role: "status" }, text);
  // A dialog lies above all else: what is to be seen while it is open must be in it.
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const leaveDialog = () => document.body.append(made);
  dialog?.addEventListener("close", leaveDialog);
  (dialog ?? document.body).append(made);
  setTimeout(() => {
    dialog?.removeEventListener("close", leaveDialog);
    made.remove();
  }, NOTE_SHOWN_MS);
}

/** Copies a text. Pages over plain http have no clipboard of their own; there an old way still works. */
export async function copyText(text: string, what: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    const area = element("textarea", { class: "visually-hidden" });
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  note(`${what} copied`);
}
