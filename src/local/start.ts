import { isIP } from "node:net";
import type { Sentence } from "./event-sentences.ts";
import type { ForgeChoice } from "./forge-choice.ts";
import { type LocalQueue, startLocalQueue } from "./local-queue.ts";
import { queueClient } from "./queue-client.ts";
import { HELP, readSettings, type Settings } from "./settings.ts";
import { StartError } from "./start-error.ts";
import {
  findLanAddress,
  type PhoneWords,
  printBanner,
  printLine,
  printSignIn,
  tell,
} from "./terminal.ts";

const WILDCARDS = ["0.0.0.0", "::"];

/** The address that people are told, and what to say about phones. */
function addressOf(settings: Settings, port: number): { address: string; phone: PhoneWords } {
  const lan = WILDCARDS.includes(settings.host) ? findLanAddress() : settings.host;
  const host = lan ?? "127.0.0.1";
  const isOnlyHere = host.startsWith("127.") || host === "::1";
  return {
    address: `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    phone: { canReach: !isOnlyHere, hint: phoneHint(isOnlyHere, lan === null) },
  };
}

function phoneHint(isOnlyHere: boolean, isLanMissing: boolean): string {
  if (!isOnlyHere) return "Scan it with a phone on the same network.";
  return isLanMissing
    ? "No home network was found: a phone cannot reach this address."
    : "A phone cannot reach this address. For your home network: npm start -- --lan";
}

const FORGE_WORDS: Record<ForgeChoice["type"], (forge: ForgeChoice) => string> = {
  set: (forge) => `${"url" in forge ? forge.url : ""} (FORGE_URL; waited for until it answers)`,
  found: (forge) => `${"url" in forge ? forge.url : ""} (found on this machine)`,
  demo: () =>
    "Demo Forge: it draws stand-in pictures, no Stable Diffusion. FORGE_URL=… uses a real one",
};

async function offerSignIn(queue: LocalQueue, address: string, phone: PhoneWords): Promise<void> {
  const client = queueClient(queue.worker.url, queue.owner);
  const { code } = await client.call("createPairing", { body: { for: "page" } });
  const hint = process.stdout.isTTY
    ? "for one use within 10 minutes; Enter makes a new one"
    : "for one use within 10 minutes";
  await printSignIn(`${address}/#pair=${code}`, hint, phone);
}

/** Listens for the end: a first wish lets the picture end, a second one does not; a lost launcher neither. */
function listenForEnd(stopping: { stop: () => Promise<void>; stopNow: () => Promise<void> }) {
  let wishes = 0;
  const finish = (stop: () => Promise<void>, code: number) =>
    void stop().then(
      () => {
        if (code === 0) printLine("Stopped. What waits goes on with the next start.");
        process.exit(code);
      },
      (error) => {
        process.stderr.write(`While stopping: ${error}\n`);
        process.exit(1);
      },
    );
  const wish = () => {
    wishes += 1;
    if (wishes === 1) {
      printLine("Stopping. A running picture may end first; Ctrl-C again stops at once.");
      finish(stopping.stop, 0);
    } else if (wishes === 2) {
      finish(stopping.stopNow, 0);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, wish);
  process.on("message", (word) => {
    if (word === "stop") wish();
  });
  // The launcher is gone, by kill -9 perhaps: nobody is left who could wait for a picture.
  process.on("disconnect", () => finish(stopping.stopNow, 1));
}

async function run(settings: Settings): Promise<void> {
  if (process.stdout.isTTY) printLine("Starting …");
  // What happens during the start is told below the banner, which says what it is about.
  let early: Sentence[] | null = [];
  const starting = startLocalQueue(settings, (sentence) => {
    if (early) early.push(sentence);
    else tell(sentence);
  });
  listenForEnd({
    stop: async () => (await starting).stop(),
    stopNow: async () => (await starting).stopNow(),
  });
  const queue = await starting;
  const { address, phone } = addressOf(settings, queue.worker.port);
  const { version } = await queueClient(queue.worker.url).call("health", {});
  printBanner({
    version,
    address,
    serverAlias: settings.serverAlias,
    forge: FORGE_WORDS[queue.forge.type](queue.forge),
    stateDir: settings.stateDir,
  });
  await offerSignIn(queue, address, phone);
  printLine("Ctrl-C stops everything and loses nothing.\n");
  early.forEach(tell);
  early = null;
  process.on("message", (word) => {
    if (word !== "enter") return;
    offerSignIn(queue, address, phone).catch((error) =>
      tell({ text: `No new link: ${error.message}`, tone: "warning" }),
    );
  });
}

/** Ends with one sentence for what the user can mend, and with all there is to know for a defect of ours. */
function fail(error: unknown): never {
  const stack = error instanceof Error ? error.stack : String(error);
  const words =
    error instanceof StartError
      ? error.message
      : `MobileSD Queue could not start; the folder of its state has the full logs.\n${stack}`;
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

try {
  const settings = readSettings(process.argv.slice(2), process.env, process.cwd());
  if (settings === "help") {
    process.stdout.write(HELP);
    process.exit(0);
  }
  await run(settings);
} catch (error) {
  fail(error);
}
