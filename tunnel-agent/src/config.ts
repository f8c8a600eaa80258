import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import * as z from "zod";

/** What the agent is told: by defaults, then a file, then the environment, then flags; the last wins. */
export interface Config {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  readonly forgeUrl: string;
  /** `user:password` of Forge's `--api-auth`, or null. */
  readonly forgeApiAuth: string | null;
  /** Nobody else uses this Forge: what a job selects there stays selected. */
  readonly isDedicated: boolean;
  /** Selectable scripts that the queue may run, by title in lower case. */
  readonly allowedScripts: readonly string[];
  readonly stateDir: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** A setting that is wrong or missing; the message says which, where it came from and what it may be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// address" })
  .transform((url) => url.replace(/\/+$/, ""));

/** The address of a queue as a person wrote it. Throws `ConfigError`. */
export function queueUrl(given: string): string {
  const parsed = httpUrl.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`url ${parsed.error.issues[0]?.message}`);
}

const SCHEMAS = {
  url: httpUrl,
  key: z.string().startsWith("msk_", "must be a key that begins with msk_"),
  secret: z.string().startsWith("mss_", "must be a secret that begins with mss_"),
  forge_url: httpUrl,
  forge_api_auth: z.string().regex(/^[^:,]+:[^:,]+$/, "must be user:password, as given to Forge"),
  dedicated: z.union([z.boolean(), z.stringbool()], { error: "must be true or false" }),
  allowed_scripts: z
    .union([z.array(z.string()), z.string().transform((titles) => titles.split(","))], {
      error: "must be titles of scripts, with commas between them",
    })
    .transform((titles) => titles.map((title) => title.trim().toLowerCase()).filter(Boolean)),
  state_dir: z.string().min(1, "must be a folder"),
  log_level: z.enum(["debug", "info", "warn", "error"], {
    error: "must be debug, info, warn or error",
  }),
};
type SettingName = keyof typeof SCHEMAS;

/** The variable of each setting in the environment. */
const VARIABLES: Record<SettingName, string> = {
  url: "MOBILESD_URL",
  key: "MOBILESD_API_KEY",
  secret: "MOBILESD_API_SECRET",
  forge_url: "FORGE_URL",
  forge_api_auth: "FORGE_API_AUTH",
  dedicated: "FORGE_DEDICATED",
  allowed_scripts: "FORGE_ALLOWED_SCRIPTS",
  state_dir: "MOBILESD_AGENT_STATE_DIR",
  log_level: "MOBILESD_AGENT_LOG_LEVEL",
};

/**
 * Scripts of Forge itself that make pictures from what the job says and from nothing else. Any other may
 * read or write files of the box, so its owner must name it.
 */
const ALLOWED_SCRIPTS = ["prompt matrix", "loopback", "sd upscale", "outpainting mk2"];

/** Settings with the place that each came from, for the messages. */
type Sourced = Partial<Record<SettingName, { value: unknown; source: string }>>;

/** Settings as flags of the command line. */
type Flags = Partial<Record<SettingName, string | boolean>>;

export type Environment = Readonly<Record<string, string | undefined>>;

function configHome(env: Environment): string {
  if (process.platform === "win32") return join(env.APPDATA ?? homedir(), "mobilesd");
  return join(env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "mobilesd");
}

/** Where the settings file lies when none is named. */
export function defaultConfigPath(env: Environment): string {
  return join(configHome(env), "agent.toml");
}

/** Where the agent keeps its journal and its status when no folder is named. */
export function defaultStateDir(env: Environment): string {
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? homedir(), "mobilesd-agent");
  return join(env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "mobilesd-agent");
}

function readText(path: string, isNamed: boolean): string | null {
  try {
    const others = statSync(path).mode & 0o077;
    if (others !== 0 && process.platform !== "win32") {
      throw new ConfigError(`${path} can be read by others: chmod 600 it, as it holds a secret`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" && !isNamed) return null;
    throw new ConfigError(`${path} cannot be read (${code ?? "unknown"})`);
  }
}

function readFile(path: string, isNamed: boolean): Sourced {
  const text = readText(path, isNamed);
  if (text === null) return {};
  let table: Record<string, unknown>;
  try {
    table = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ConfigError(`${path} is not valid TOML (line ${error.line})`);
  }
  const unknown = Object.keys(table).find((name) => !(name in SCHEMAS));
  if (unknown !== undefined) {
    const known = Object.keys(SCHEMAS).join(", ");
    throw new ConfigError(`${unknown} in ${path} is no setting; there are ${known}`);
  }
  return Object.fromEntries(
    Object.entries(table).map(([name, value]) => [name, { value, source: path }]),
  );
}

function readEnvironment(env: Environment): Sourced {
  return Object.fromEntries(
    Object.entries(VARIABLES)
      .filter(([, variable]) => env[variable])
      .map(([name, variable]) => [name, { value: env[variable], source: `variable ${variable}` }]),
  );
}

function readFlags(flags: Flags): Sourced {
  return Object.fromEntries(
    Object.entries(flags)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, { value, source: `--${name.replaceAll("_", "-")}` }]),
  );
}

function check<N extends SettingName>(sourced: Sourced, name: N): z.output<(typeof SCHEMAS)[N]> {
  const given = sourced[name];
  if (!given) {
    throw new ConfigError(
      `${name} is missing: set ${VARIABLES[name]}, or ${name} in the settings file, or run "mobilesd-agent pair"`,
    );
  }
  const parsed = SCHEMAS[name].safeParse(given.value);
  // The value stays out of the message: it may be a secret.
  if (!parsed.success) {
    throw new ConfigError(`${name} (${given.source}) ${parsed.error.issues[0]?.message}`);
  }
  return parsed.data as z.output<(typeof SCHEMAS)[N]>;
}

/**
 * Reads all settings: defaults ← file ← environment ← flags. `configPath` undefined looks at the default
 * place and does without a file there. Throws `ConfigError`.
 */
export function readConfig(env: Environment, flags: Flags, configPath?: string): Config {
  const defaults: Sourced = {
    forge_url: { value: "http://127.0.0.1:7860", source: "default" },
    dedicated: { value: false, source: "default" },
    allowed_scripts: { value: ALLOWED_SCRIPTS, source: "default" },
    state_dir: { value: defaultStateDir(env), source: "default" },
    log_level: { value: "info", source: "default" },
  };
  const path = configPath ?? defaultConfigPath(env);
  const sourced = {
    ...defaults,
    ...readFile(path, configPath !== undefined),
    ...readEnvironment(env),
    ...readFlags(flags),
  };
  return {
    url: check(sourced, "url"),
    key: check(sourced, "key"),
    secret: check(sourced, "secret"),
    forgeUrl: check(sourced, "forge_url"),
    forgeApiAuth: sourced.forge_api_auth ? check(sourced, "forge_api_auth") : null,
    isDedicated: check(sourced, "dedicated"),
    allowedScripts: check(sourced, "allowed_scripts"),
    stateDir: check(sourced, "state_dir"),
    logLevel: check(sourced, "log_level"),
  };
}
