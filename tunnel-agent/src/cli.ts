import { existsSync } from "node:fs";
import type { ServerView } from "@mobilesd/contract";
import { Command, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { createCloud } from "./cloud/client.ts";
import { composeAgent } from "./compose-agent.ts";
import {
  type Config,
  ConfigError,
  defaultConfigPath,
  defaultStateDir,
  readConfig,
} from "./config.ts";
import { runDaemon } from "./daemon.ts";
import { type Journal, openJournal } from "./journal.ts";
import type { Log } from "./log.ts";
import { pair } from "./pair.ts";
import { type AgentState, createAgentState } from "./pipeline/agent-view.ts";
import { listenForStops } from "./signals.ts";
import { createStop, type Stop } from "./stop.ts";
import { openTerminal } from "./terminal/open-terminal.ts";
import { showStatus } from "./terminal/status-command.ts";
import { keepStatusFile } from "./terminal/status-file.ts";

interface RunFlags {
  config?: string;
  url?: string;
  forgeUrl?: string;
  dedicated?: boolean;
  stateDir?: string;
  logLevel?: string;
}

/** Settings as flags give them, without those that were not given. */
function settingsOf(flags: RunFlags) {
  const { url, forgeUrl, dedicated, stateDir, logLevel } = flags;
  const given = {
    url,
    forge_url: forgeUrl,
    dedicated,
    state_dir: stateDir,
    log_level: logLevel,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function compose(config: Config, journal: Journal, log: Log, state: AgentState, stop: Stop) {
  const { url, key, secret, forgeUrl, forgeApiAuth, isDedicated, allowedScripts } = config;
  const box = { isDedicated, allowedScripts };
  return composeAgent({
    url,
    key,
    secret,
    forgeUrl,
    forgeApiAuth,
    box,
    journal,
    log,
    state,
    stop,
    agentVersion: packageJson.version,
  });
}

const ENDS = {
  stopped: { code: 0, words: "Stopped" },
  refused: { code: 1, words: "Stopped: the queue does not accept this key" },
  superseded: { code: 1, words: "Stopped: another agent with this key took over" },
};

function givenUp(signal: AbortSignal): Promise<"stopped"> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
}

/** The terminal and the status file of this agent; `end` leaves both as they shall be found. */
function show(config: Config, state: AgentState, ask: () => Promise<ServerView>) {
  const { stateDir, logLevel } = config;
  const now = () => performance.now();
  const terminal = openTerminal({
    out: process.stdout,
    logLevel,
    state,
    ask,
    now,
    term: process.env.TERM,
  });
  const { log } = terminal;
  const status = keepStatusFile({
    stateDir,
    state,
    agentVersion: packageJson.version,
    wallClock: () => new Date(),
    onTrouble: (error) => log.warn({ error: error.message }, "status.json cannot be written"),
  });
  const end = () => {
    status.end();
    terminal.end();
  };
  return { log, end };
}

async function run(flags: RunFlags): Promise<number> {
  const config = readConfig(process.env, settingsOf(flags), flags.config);
  const journal = openJournal(config.stateDir);
  const state = createAgentState();
  const stop = createStop();
  const { log, end } = show(config, state, () => deps.cloud.once("getOwnServer", {}));
  // Also the way of a crash: Node prints its words after this.
  process.on("exit", end);
  const deps = compose(config, journal, log, state, stop);
  listenForStops(stop, log);
  log.info({ queue: config.url, forge: config.forgeUrl }, "The agent starts");
  // A request that hangs must not hold up a stop: what it was about, the lease's end takes up.
  const { code, words } = ENDS[await Promise.race([runDaemon(deps), givenUp(stop.giveUp)])];
  log.info({}, words);
  return code;
}

async function status(flags: RunFlags & { json?: boolean }): Promise<number> {
  const config = readConfig(process.env, settingsOf(flags), flags.config);
  const cloud = createCloud({
    url: config.url,
    key: config.key,
    secret: config.secret,
    sessionId: () => null,
    random: Math.random,
    onRetry: () => undefined,
  });
  const isJson = flags.json ?? false;
  const { stateDir } = config;
  return showStatus({ stateDir, cloud, isJson, now: new Date(), out: process.stdout });
}

async function pairBox(url: string, code: string, flags: { config?: string }): Promise<number> {
  const path = flags.config ?? defaultConfigPath(process.env);
  if (existsSync(path)) throw new ConfigError(`${path} exists already: move it away first`);
  const alias = await pair(url, code, path);
  process.stdout.write(`This box is "${alias}" now. Its key is in ${path}.\n`);
  const named =
    flags.config === undefined ? "" : ` --config ${/\s/.test(path) ? `"${path}"` : path}`;
  process.stdout.write(`Start the agent with: mobilesd-agent run${named}\n`);
  return 0;
}

/** Runs a command and ends with its exit code; what the user can mend is one sentence, without a stack. */
async function finish(command: Promise<number>): Promise<void> {
  try {
    process.exit(await command);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`mobilesd-agent: ${error.message}\n`);
    process.exit(1);
  }
}

const configOption = () =>
  new Option(
    "--config <file>",
    `settings file (TOML, chmod 600; default ${defaultConfigPath(process.env)})`,
  );
const urlOption = () => new Option("--url <url>", "address of the queue (MOBILESD_URL)");
const stateDirOption = () =>
  new Option(
    "--state-dir <folder>",
    `where the agent keeps its journal and its status (MOBILESD_AGENT_STATE_DIR; default ${defaultStateDir(process.env)})`,
  );

const program = new Command("mobilesd-agent")
  .description("Pulls this box's jobs from MobileSD Queue and runs them on the local Forge.")
  .version(packageJson.version)
  .showHelpAfterError();

program
  .command("run", { isDefault: true })
  .description("run until stopped; Ctrl-C lets the running job end, twice gives it back")
  .addOption(configOption())
  .addOption(urlOption())
  .option("--forge-url <url>", "address of Forge (FORGE_URL; default http://127.0.0.1:7860)")
  .option(
    "--dedicated",
    "nobody else uses this Forge: models stay selected, so none is moved twice (FORGE_DEDICATED)",
  )
  .addOption(stateDirOption())
  .option("--log-level <level>", "debug, info, warn or error")
  .addHelpText(
    "after",
    "\nKey and secret come from the settings file or from MOBILESD_API_KEY and\nMOBILESD_API_SECRET, never from a flag: flags can be seen by everybody on the box.",
  )
  .action((flags: RunFlags) => finish(run(flags)));

program
  .command("status")
  .description("say whether an agent runs here, what it does, and what the queue says of this box")
  .addOption(configOption())
  .addOption(urlOption())
  .addOption(stateDirOption())
  .option("--json", "for programs: one JSON object")
  .addHelpText("after", "\nExit code: 0 an agent runs here, 3 none does, 1 a setting is wrong.")
  .action((flags: RunFlags & { json?: boolean }) => finish(status(flags)));

program
  .command("pair")
  .description("trade a one-time code of the queue for a key of this box")
  .argument("<url>", "address of the queue")
  .argument("<code>", "the code, such as 7K3M-Q2XW-9RTD")
  .addOption(configOption())
  .action((url: string, code: string, flags: { config?: string }) =>
    finish(pairBox(url, code, flags)),
  );

await program.parseAsync();
