import { DURATIONS, type Durations } from "@mobilesd/contract";
import * as z from "zod";
import type { HubHeard, HubLook, HubNews } from "./domain/hub.ts";
import type { Settings } from "./services/context.ts";

/** A binding can only be looked at from outside: it is an object that has this method. */
function binding<T>(method: string) {
  return z.custom<T>(
    (value) => typeof value === "object" && value !== null && method in value,
    `must be a binding with ${method}()`,
  );
}

const secret = () => z.string().min(16, "must be at least 16 characters of chance");

/** `{"leaseTtlMs": 1800, …}`: durations that differ from the built-in ones. */
const DurationOverrides = z
  .string()
  .default("{}")
  .transform((text, check) => {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      check.addIssue(`must be JSON: ${error instanceof Error ? error.message : ""}`);
      return z.NEVER;
    }
  })
  .pipe(
    z.strictObject(
      Object.fromEntries(
        Object.keys(DURATIONS).map((name) => [name, z.number().positive().optional()]),
      ),
    ),
  );

/** What a hub answers to the Worker; the class is the Worker's own. Sockets go through `fetch`: no other call carries them. */
interface HubStub {
  tell(news: HubNews): Promise<HubHeard>;
  look(): Promise<HubLook>;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The hubs of all servers, by name. */
export interface HubNamespace {
  idFromName(name: string): DurableObjectId;
  get(id: DurableObjectId): HubStub;
}

const Env = z.object({
  DB: binding<D1Database>("prepare"),
  BUCKET: binding<R2Bucket>("put"),
  WAKE: binding<Queue<WakeMessage>>("send"),
  HUB: binding<HubNamespace>("idFromName"),
  KEY_PEPPER: secret(),
  URL_SIGNING_KEY: secret(),
  SETUP_TOKEN: secret().optional(),
  PUBLIC_URL: z
    .url()
    .transform((url) => new URL(url).origin)
    .optional(),
  DURATIONS: DurationOverrides,
  VERSION: z.string().default("dev"),
});
export type Env = z.output<typeof Env>;

/** The one message of the wake queue: look at the rows of a server whose hub could not be asked to. */
export interface WakeMessage {
  readonly type: "sweep";
  /** The server's alias. */
  readonly server: string;
}

/**
 * Checks every binding and variable at once.
 * Throws one error that names each that is wrong, and says nothing of their values.
 */
export function parseEnv(raw: unknown): Env {
  const parsed = Env.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The Worker's environment is not complete: ${problems.join("; ")}`);
}

/** What the verbs need to know of the environment. */
export function settingsOf(env: Env): Settings {
  return {
    durations: { ...DURATIONS, ...env.DURATIONS } as Durations,
    version: env.VERSION,
    keyPepper: env.KEY_PEPPER,
    urlSigningKey: env.URL_SIGNING_KEY,
    setupToken: env.SETUP_TOKEN ?? null,
  };
}
