import { isIP } from "node:net";
import { resolve } from "node:path";
import { LIMITS, ServerAlias } from "@mobilesd/contract";
import { StartError } from "./start-error.ts";

/** What `npm start` was told, by its environment and its flags. */
export interface Settings {
  /** 0: any free port, for tests. */
  readonly port: number;
  readonly host: string;
  /** Null: the Forge on this machine if one answers, else the demo. */
  readonly forgeUrl: string | null;
  readonly forgeApiAuth: string | null;
  /** Nobody else uses that Forge. */
  readonly isForgeDedicated: boolean;
  readonly serverAlias: string;
  readonly stateDir: string;
  /** Where a Forge on this machine is looked for; another place in tests, which must not meet a real one. */
  readonly usualForgeUrl: string;
  /** Every duration is divided by it, so that tests run the same code faster. */
  readonly speed: number;
}

export const HELP = `MobileSD Queue: npm start [-- --lan] [-- --help]

  --lan            listen on the home network too, so that a phone there can reach it (HOST=0.0.0.0)
  --help           this text

Environment:
  PORT             port to listen on, 1 to 65535 (3000)
  HOST             address to listen on (127.0.0.1)
  FORGE_URL        address of Forge; waited for as long as it takes. Not set: the Forge at
                   http://127.0.0.1:7860 if one answers, else the demo Forge
  FORGE_API_AUTH   user:password of Forge's --api-auth
  FORGE_DEDICATED  true: nobody else uses this Forge, so the model of the last job stays selected
  SERVER_ALIAS     this box's name in the queue (MyForgeServer)
  MOBILESD_DIR     folder that keeps everything (.mobilesd)
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set to something; an empty one counts as not set. */
function given(env: Environment, name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === "" ? null : value;
}

function readPort(env: Environment): number {
  const text = given(env, "PORT");
  if (text === null) return 3000;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new StartError(`PORT must be a whole number from 1 to 65535, not "${text}".`);
  }
  return port;
}

function readHost(env: Environment, isLan: boolean): string {
  const host = given(env, "HOST");
  if (host === null) return isLan ? "0.0.0.0" : "127.0.0.1";
  if (isLan) throw new StartError("Give either --lan or HOST, not both.");
  if (host === "localhost") return "127.0.0.1";
  if (isIP(host) === 0) {
    throw new StartError(
      `HOST must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0, not "${host}".`,
    );
  }
  return host;
}

function readForgeUrl(env: Environment): string | null {
  const text = given(env, "FORGE_URL");
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new StartError("FORGE_URL must be an address such as http://192.168.1.20:7860.");
  }
  // The value stays out of the message: a password may stand in it.
  if (url.username !== "" || url.password !== "") {
    throw new StartError("FORGE_URL must not hold a password; FORGE_API_AUTH=user:password does.");
  }
  return text.replace(/\/+$/, "");
}

function readForgeApiAuth(env: Environment): string | null {
  const text = given(env, "FORGE_API_AUTH");
  if (text !== null && !/^[^:,]+:[^:,]+$/.test(text)) {
    throw new StartError("FORGE_API_AUTH must be user:password, as given to Forge's --api-auth.");
  }
  return text;
}

function readForgeDedicated(env: Environment): boolean {
  const text = given(env, "FORGE_DEDICATED") ?? "false";
  if (text === "true" || text === "false") return text === "true";
  throw new StartError(`FORGE_DEDICATED must be true or false, not "${text}".`);
}

function readServerAlias(env: Environment): string {
  const text = given(env, "SERVER_ALIAS") ?? "MyForgeServer";
  if (!ServerAlias.safeParse(text).success) {
    throw new StartError(
      `SERVER_ALIAS must be 1 to ${LIMITS.aliasCharsMax} letters, digits, dots, dashes or underscores, not "${text}".`,
    );
  }
  return text;
}

function readSpeed(env: Environment): number {
  const text = given(env, "MOBILESD_SPEED") ?? "1";
  const speed = Number(text);
  if (!(speed >= 1 && speed <= 1000)) {
    throw new StartError(`MOBILESD_SPEED must be a number from 1 to 1000, not "${text}".`);
  }
  return speed;
}

/**
 * Reads all settings. Answers "help" when that was asked for. Throws `StartError` that names the variable
 * and what it may be. A relative `MOBILESD_DIR` is taken from `folder`.
 */
export function readSettings(
  args: readonly string[],
  env: Environment,
  folder: string,
): Settings | "help" {
  const unknown = args.find((arg) => !["--lan", "--help", "-h"].includes(arg));
  if (unknown !== undefined) {
    throw new StartError(`"${unknown}" is no flag of this command; see npm start -- --help.`);
  }
  if (args.includes("--help") || args.includes("-h")) return "help";
  return {
    port: readPort(env),
    host: readHost(env, args.includes("--lan")),
    forgeUrl: readForgeUrl(env),
    forgeApiAuth: readForgeApiAuth(env),
    isForgeDedicated: readForgeDedicated(env),
    serverAlias: readServerAlias(env),
    stateDir: resolve(folder, given(env, "MOBILESD_DIR") ?? ".mobilesd"),
    usualForgeUrl: given(env, "MOBILESD_USUAL_FORGE_URL") ?? "http://127.0.0.1:7860",
    speed: readSpeed(env),
  };
}
