import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { createCloud } from "./cloud/client.ts";
import { type Config, ConfigError, defaultConfigPath, readConfig } from "./config.ts";
import { runDaemon } from "./daemon.ts";
import { createForgeClient } from "./forge/client.ts";
import { openJournal } from "./journal.ts";
import { createLog, type Log } from "./log.ts";
import { pair } from "./pair.ts";
import { listenForStops } from "./signals.ts";
import { createStop } from "./stop.ts";

interface RunFlags {
  config?: string;
  url?: string;
  forgeUrl?: string;
  dedicated?: boolean;
  stateDir?: string;
  logLevel?: string;
}

function compose(config: Config, log: Log) {
  let sessionId: string | null = null;
  const stop = createStop();
  const cloud = createCloud({
    url: config.url,
    key: config.key,
    secret: config.secret,
    sessionId: () => sessionId,
    random: Math.random,
    onRetry: (route, error) => log.debug({ route, error: error.message }, "Trying again"),
  });
  return {
    cloud,
    forge: createForgeClient(config.forgeUrl, config.forgeApiAuth),
    forgeUrl: config.forgeUrl,
    box: { isDedicated: config.isDedicated, allowedScripts: config.allowedScripts },
    journal: openJournal(config.stateDir),
    log,
    stop,
    agentVersion: packageJson.version,
    setSession: (id: string | null) => {
      sessionId = id;
    },
    uuid: randomUUID,
    random: Math.random,
    now: () => performance.now(),
    wallClock: () => new Date(),
  };
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

async function run(flags: RunFlags): Promise<number> {
  const { config: configPath, url, forgeUrl, dedicated, stateDir, logLevel } = flags;
  const given = {
    url,
    forge_url: forgeUrl,
    dedicated,
    state_dir: stateDir,
    log_level: logLevel,
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const config = readConfig(process.env, Object.fromEntries(present), configPath);
  const log = createLog(config.logLevel, process.stdout);
  const deps = compose(config, log);
  listenForStops(deps.stop, log);
  log.info({ queue: config.url, forge: config.forgeUrl }, "The agent starts");
  // A request that hangs must not hold up a stop: what it was about, the lease's end takes up.
  const end = ENDS[await Promise.race([runDaemon(deps), givenUp(deps.stop.giveUp)])];
  log.info({}, end.words);
  return end.code;
}

async function pairBox(url: string, code: string, flags: { config?: string }): Promise<number> {
  const path = flags.config ?? defaultConfigPath(process.env);
  if (existsSync(path)) throw new ConfigError(`${path} exists already: move it away first`);
  const alias = await pair(url, code, path);
  process.stdout.write(`This box is "${alias}" now. Its key is in ${path}.\n`);
  process.stdout.write("Start the agent with: mobilesd-agent run\n");
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

const configOption = () => new Option("--config <file>", "settings file (TOML, chmod 600)");

const program = new Command("mobilesd-agent")
  .description("Pulls this box's jobs from MobileSD Queue and runs them on the local Forge.")
  .version(packageJson.version)
  .showHelpAfterError();

program
  .command("run", { isDefault: true })
  .description("run until stopped; Ctrl-C lets the running job end, twice gives it back")
  .addOption(configOption())
  .option("--url <url>", "address of the queue (MOBILESD_URL)")
  .option("--forge-url <url>", "address of Forge (FORGE_URL; default http://127.0.0.1:7860)")
  .option(
    "--dedicated",
    "nobody else uses this Forge: models stay selected, so none is moved twice (FORGE_DEDICATED)",
  )
  .option("--state-dir <folder>", "where the agent keeps its journal")
  .option("--log-level <level>", "debug, info, warn or error")
  .addHelpText(
    "after",
    "\nKey and secret come from the settings file or from MOBILESD_API_KEY and\nMOBILESD_API_SECRET, never from a flag: flags can be seen by everybody on the box.",
  )
  .action((flags: RunFlags) => finish(run(flags)));

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
