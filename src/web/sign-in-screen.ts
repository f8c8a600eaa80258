import { ProblemError } from "@mobilesd/contract";
import { api } from "./api.ts";
import { element, setText } from "./dom.ts";

/** What went wrong with a sign-in, in words. */
export function signInFailure(error: unknown): string {
  if (!(error instanceof ProblemError)) return "The queue does not answer. Is it running?";
  if (error.is("pairing_code_invalid")) {
    return "This code is used up, older than ten minutes, or mistyped. Get a new one in the terminal with Enter.";
  }
  return error.message;
}

/** A form whose fields are sent by `submit`; what that throws is shown below the fields. */
function form(fields: HTMLElement[], label: string, submit: (data: FormData) => Promise<void>) {
  const trouble = element("p", { class: "error", role: "alert", hidden: true });
  const send = element("button", { type: "submit", class: "primary" }, label);
  const made = element("form", {}, ...fields, trouble, send);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    trouble.hidden = true;
    try {
      await submit(new FormData(made));
    } catch (error) {
      setText(trouble, signInFailure(error));
      trouble.hidden = false;
    } finally {
      send.disabled = false;
    }
  });
  return made;
}

function field(label: string, name: string, attributes: Record<string, string>): HTMLElement {
  const input = element("input", {
    name,
    required: true,
    autocapitalize: "off",
    autocomplete: "off",
    spellcheck: "false",
    ...attributes,
  });
  return element("label", {}, element("span", {}, label), input);
}

const textOf = (data: FormData, name: string) => String(data.get(name) ?? "").trim();

/** Says what runs here; asks nothing that needs a sign-in. */
async function fillHealth(line: HTMLElement): Promise<void> {
  try {
    const { version } = await api.call("health", {});
    line.dataset.health = "well";
    setText(line, `Running, version ${version}`);
  } catch (error) {
    line.dataset.health = "ill";
    const isOwn = error instanceof ProblemError;
    setText(line, isOwn ? `Not well: ${error.message}` : "The queue does not answer");
  }
}

/** The page without a session: what runs here and how to get in. `trouble` is why a link did not work. */
export function signInScreen(trouble: string | null, onSignedIn: () => void): HTMLElement {
  const health = element("p", { class: "health", role: "status" }, "Looking…");
  void fillHealth(health);
  const byCode = form(
    [
      field("Code from the terminal", "code", {
        placeholder: "7K3M-Q2XW-9RTD",
        class: "code",
        autocomplete: "one-time-code",
      }),
    ],
    "Sign in",
    async (data) => {
      await claimCode(textOf(data, "code"));
      onSignedIn();
    },
  );
  const byKey = form(
    [
      field("Key", "key", { placeholder: "msk_…" }),
      field("Secret", "secret", { placeholder: "mss_…", type: "password" }),
    ],
    "Sign in with key",
    async (data) => {
      const body = { key: textOf(data, "key"), secret: textOf(data, "secret") };
      await api.call("signIn", { body });
      onSignedIn();
    },
  );
  return element(
    "div",
    { class: "screen sign-in" },
    element("img", { src: "/icon.svg", alt: "", width: 72, height: 72 }),
    element("h1", {}, "MobileSD Queue"),
    health,
    element(
      "main",
      { class: "card" },
      trouble === null ? null : element("p", { class: "error", role: "alert" }, trouble),
      element(
        "p",
        {},
        "Open the sign-in link that the terminal shows, or scan its code. Or type the code here:",
      ),
      byCode,
      element("details", {}, element("summary", {}, "Sign in with an API key"), byKey),
    ),
  );
}

/** Trades a one-time code for this page's session. */
export async function claimCode(code: string): Promise<void> {
  await api.call("claimPairing", { body: { code, for: "page" } });
}
