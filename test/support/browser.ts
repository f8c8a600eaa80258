import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { homedir } from "node:os";
import { type Browser, chromium } from "playwright-core";

/** Where systems and Playwright put a Chromium, in the order in which they are tried. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
  "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
];

/** Playwright's own downloads, the newest last. */
const PLAYWRIGHT_PLACES = [
  `${homedir()}/.cache/ms-playwright/chromium-*/chrome-linux*/chrome`,
  `${homedir()}/Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*`,
];

function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const place = PLACES.find((path) => existsSync(path));
  return place ?? PLAYWRIGHT_PLACES.flatMap((pattern) => globSync(pattern)).at(-1) ?? null;
}

/** Where the system's own package manager can be asked: as root on Debian and its relatives. */
function installChromium(): void {
  const aptGet = "/usr/bin/apt-get";
  if (process.getuid?.() !== 0 || !existsSync(aptGet)) return;
  process.stderr.write("The tests need a browser: installing Debian's chromium once …\n");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, stdio: "ignore" } as const;
  execFileSync(aptGet, ["update"], options);
  execFileSync(aptGet, ["install", "-y", "--no-install-recommends", "chromium"], options);
}

/** Starts the system's Chromium, silent towards the network. Throws one sentence when there is none. */
export async function launchBrowser(): Promise<Browser> {
  if (findChromium() === null) installChromium();
  const executablePath = findChromium();
  if (executablePath === null) {
    throw new Error(
      "The page's tests need Chromium or Chrome: install one, or set CHROMIUM_PATH to its program.",
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}
