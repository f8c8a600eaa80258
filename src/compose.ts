import { errorTextOf } from "./domain/error-text.ts";
import { type Env, parseEnv, settingsOf } from "./env.ts";
import { hubsOf } from "./hubs.ts";
import type {
  AuthCache,
  Context,
  Log,
  NameCache,
  ProgressMemory,
  Settings,
} from "./services/context.ts";
import { openDatabase } from "./storage/database.ts";

export const log: Log = (event, fields = {}) => {
  // biome-ignore lint/suspicious/noConsole: the platform's log is its console.
  console.log(JSON.stringify({ event, ...fields }));
};
const authCache: AuthCache = new Map();
const nameCache: NameCache = new Map();
const progressMemory: ProgressMemory = new Map();
export const uuid = () => crypto.randomUUID();

/** Cloudflare Queues delay a message by a day at most. */
const WAKE_DELAY_S_MAX = 86_400;

/** The environment does not change within an isolate, so it is checked once. */
const environments = new WeakMap<object, { env: Env; settings: Settings }>();

function environmentOf(raw: object) {
  const known = environments.get(raw);
  if (known) return known;
  const env = parseEnv(raw);
  const environment = { env, settings: settingsOf(env) };
  environments.set(raw, environment);
  return environment;
}

type Deferring = Pick<ExecutionContext, "waitUntil">;

/** What verbs work with: `origin` is that of the request, or null where there is none. */
export function contextOf(raw: object, origin: string | null, execution: Deferring): Context {
  const { env, settings } = environmentOf(raw);
  return {
    db: openDatabase(env.DB),
    bucket: env.BUCKET,
    settings,
    clock: () => Date.now(),
    random: () => Math.random(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    uuid,
    wakeServer: async (server, delayMs) => {
      const delaySeconds = Math.min(Math.ceil(delayMs / 1000), WAKE_DELAY_S_MAX);
      await env.WAKE.send({ type: "sweep", server }, { delaySeconds });
    },
    hubs: hubsOf(env.HUB, settings.durations, log),
    defer: (work) =>
      execution.waitUntil(work.catch((error) => log("deferred_failed", errorTextOf(error)))),
    log,
    authCache,
    nameCache,
    progressMemory,
    origin: origin ?? env.PUBLIC_URL ?? "",
  };
}
