import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DURATIONS, type Durations } from "@mobilesd/contract";
import { startDemoForge } from "./demo-forge.ts";
import { type Sentence, sentenceOfAgent, sentenceOfWorker } from "./event-sentences.ts";
import { chooseForge, type ForgeChoice } from "./forge-choice.ts";
import { requireFreePort } from "./free-port.ts";
import { KeptChild } from "./kept-child.ts";
import { openAgentKey, openOwnerKey, writeAgentSettings } from "./keys.ts";
import { type LogFiles, openLogFiles } from "./log-files.ts";
import { endOrphanRuntime, forgetRuntime, noteRuntime } from "./orphan-runtime.ts";
import { buildPages } from "./pages.ts";
import type { KeyPair } from "./queue-client.ts";
import type { Settings } from "./settings.ts";
import { lockStateFolder, openSecrets, openStateFolder } from "./state-folder.ts";
import { startUpkeepClock } from "./upkeep-clock.ts";
import { type RunningWorker, startWorker } from "./worker-runtime.ts";

const AGENT = fileURLToPath(new URL("../../tunnel-agent/src/cli.ts", import.meta.url));

/** Everything that runs on this machine: the Worker, the agent and, where there is no Forge, the demo. */
export interface LocalQueue {
  readonly worker: RunningWorker;
  readonly owner: KeyPair;
  readonly forge: ForgeChoice;
  /** Lets the running picture end, then stops all; nothing is lost. */
  stop(): Promise<void>;
  /** Stops all on the spot; a running job is taken up again at the next start. */
  stopNow(): Promise<void>;
}

type Tell = (sentence: Sentence) => void;

/** The socket needs no asking. Should it not stand: on one machine asking costs nothing, so no job waits for it. */
const LOCAL_DURATIONS: Durations = { ...DURATIONS, claimPollIdleMs: DURATIONS.claimPollBusyMs };

function divided(speed: number): Durations {
  const entries = Object.entries(LOCAL_DURATIONS).map(([name, ms]) => [name, ms / speed]);
  return Object.fromEntries(entries) as unknown as Durations;
}

/** What the agent must not take from this process: its settings file says all. */
function agentEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => /^(MOBILESD|FORGE)_/.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

async function startLoggedWorker(settings: Settings, files: LogFiles, tell: Tell) {
  const secrets = openSecrets(settings.stateDir);
  const worker = await startWorker({
    stateDir: join(settings.stateDir, "data"),
    host: settings.host,
    port: settings.port,
    secrets,
    durations: divided(settings.speed),
    pagesDir: await buildPages(),
    onRuntimeProcess: (pid) => noteRuntime(settings.stateDir, pid),
    onLog: ({ level, message }) => {
      files.write("worker", message);
      const sentence = sentenceOfWorker(level, message);
      if (sentence) tell(sentence);
    },
  });
  return { worker, secrets };
}

function tellDeath(tell: Tell, name: string) {
  return (how: string, restartInMs: number) => {
    const text = `${name} ended (${how}); it starts again in ${restartInMs / 1000} s`;
    tell({ text, tone: "warning" });
  };
}

/** Milliseconds in which an agent has usually met both the queue and Forge. */
const FIRST_WORD_LIMIT_MS = 10_000;

/** Starts the agent; `firstWord` resolves when it is connected, or has said why it is not yet. */
function startAgent(configPath: string, files: LogFiles, tell: Tell) {
  const { promise: spoke, resolve } = Promise.withResolvers<void>();
  const child = new KeptChild({
    args: () => [AGENT, "run", "--config", configPath],
    env: agentEnvironment(),
    onLine: (line) => {
      files.write("agent", line);
      const sentence = sentenceOfAgent(line);
      if (!sentence) return;
      tell(sentence);
      resolve();
    },
    onDeath: tellDeath(tell, "The agent"),
  });
  const limit = sleep(FIRST_WORD_LIMIT_MS, undefined, { ref: false });
  const firstWord = Promise.race([spoke, limit]);
  return { child, firstWord };
}

/** What was started so far, last first: a start that fails half-way stops it all again. */
class Started {
  readonly #stops: { stop: () => unknown; stopNow: () => unknown }[] = [];

  add(stop: () => unknown, stopNow = stop): void {
    this.#stops.unshift({ stop, stopNow });
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#stops) await stop();
  }

  async stopNow(): Promise<void> {
    for (const { stopNow } of this.#stops) await stopNow();
  }
}

async function startForge(settings: Settings, files: LogFiles, tell: Tell, started: Started) {
  const forge = await chooseForge(settings.forgeUrl, settings.usualForgeUrl);
  if (forge.type !== "demo") {
    return { forge, url: forge.url, apiAuth: settings.forgeApiAuth };
  }
  const { child, url } = await startDemoForge({
    speed: settings.speed,
    onLine: (line) => files.write("demo-forge", line),
    onDeath: tellDeath(tell, "The demo Forge"),
  });
  started.add(
    () => child.stop(),
    () => child.kill(),
  );
  return { forge, url, apiAuth: null };
}

/** Milliseconds in which the system takes a killed runtime's port back. */
const ORPHAN_PORT_LIMIT_MS = 5_000;

async function startAll(settings: Settings, tell: Tell, started: Started): Promise<LocalQueue> {
  const { stateDir } = settings;
  openStateFolder(stateDir);
  const lock = await lockStateFolder(stateDir);
  started.add(() => lock.release());
  const files = openLogFiles(join(stateDir, "logs"));
  started.add(() => files.close());
  const hadOrphan = await endOrphanRuntime(stateDir);
  await requireFreePort(settings.host, settings.port, hadOrphan ? ORPHAN_PORT_LIMIT_MS : 0);
  const { worker, secrets } = await startLoggedWorker(settings, files, tell);
  started.add(async () => {
    await worker.stop();
    forgetRuntime(stateDir);
  });
  const onError = (error: unknown) => files.write("worker", `upkeep: ${error}`);
  started.add(startUpkeepClock((cron) => worker.runScheduled(cron), onError, settings.speed));
  const owner = await openOwnerKey(stateDir, worker, secrets);
  const pair = await openAgentKey(stateDir, worker.url, owner, settings.serverAlias);
  const { forge, url: forgeUrl, apiAuth } = await startForge(settings, files, tell, started);
  const { isForgeDedicated } = settings;
  const told = { url: worker.url, pair, forgeUrl, forgeApiAuth: apiAuth, isForgeDedicated };
  const agent = startAgent(writeAgentSettings(stateDir, told), files, tell);
  started.add(
    () => agent.child.stop(),
    () => agent.child.kill(),
  );
  await agent.firstWord;
  return {
    worker,
    owner,
    forge,
    stop: () => started.stop(),
    stopNow: () => started.stopNow(),
  };
}

/** Starts everything. Throws `StartError` for what the user can mend; nothing is left running then. */
export async function startLocalQueue(settings: Settings, tell: Tell): Promise<LocalQueue> {
  const started = new Started();
  try {
    return await startAll(settings, tell, started);
  } catch (error) {
    await started.stopNow();
    throw error;
  }
}
