import { ProblemError } from "@mobilesd/contract";
import { api } from "./api.ts";
import { queueScreen, type Screen } from "./queue-screen.ts";
import { claimCode, signInFailure, signInScreen } from "./sign-in-screen.ts";

/** The code of a sign-in link; it leaves the address bar, the history and any screenshot at once. */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("pair");
  if (code !== null) history.replaceState(null, "", location.pathname);
  return code;
}

let shown: Screen | null = null;

function show(screen: Screen): void {
  shown?.leave();
  shown = screen;
  document.getElementById("page")?.replaceChildren(screen.root);
}

function showQueue(): void {
  show(queueScreen(() => showSignIn(null)));
}

function showSignIn(trouble: string | null): void {
  show({ root: signInScreen(trouble, showQueue), leave: () => {} });
}

/** Whether this browser has a session; without an answer the queue's screen says that there is none. */
async function isSignedIn(): Promise<boolean> {
  try {
    await api.call("listServers", {});
    return true;
  } catch (error) {
    return !(error instanceof ProblemError && error.problem.status === 401);
  }
}

async function open(): Promise<void> {
  const code = takeCode();
  if (code === null) {
    if (await isSignedIn()) showQueue();
    else showSignIn(null);
    return;
  }
  try {
    await claimCode(code);
    showQueue();
  } catch (error) {
    // An old link opened again by somebody who is in already.
    if (await isSignedIn()) showQueue();
    else showSignIn(signInFailure(error));
  }
}

window.addEventListener("hashchange", () => void open());
void open();
