import { env } from "cloudflare:workers";
import { DURATIONS, type Durations } from "@mobilesd/contract";
import { NIGHTLY_CRON, runScheduled } from "../../../src/cron/upkeep.ts";
import { errorTextOf } from "../../../src/domain/error-text.ts";
import { createApp } from "../../../src/http/app.ts";
import { hubsOf } from "../../../src/hubs.ts";
import type { Context } from "../../../src/services/context.ts";
import { isDatabaseTrouble, openDatabase } from "../../../src/storage/database.ts";
import { requireAnnounced } from "./announced-errors.ts";
import { type ObservedDatabase, observeDatabase } from "./observed-database.ts";
import { type RecordedHubs, recordHubs } from "./recorded-hubs.ts";

export const ORIGIN = "http://queue.test";

/** Noon of a day on which nothing else happens. */
const START = Date.parse("2026-11-02T12:00:00.000Z");

export interface CallOptions {
  /** Headers that say who calls. */
  readonly as?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly origin?: string;
}

/** An answer, read. `body` is its JSON, or null. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
  readonly body: T;
}

/** The Worker's own HTTP side over real D1 and R2, with a clock that stands until it is moved. */
export interface TestQueue {
  readonly ctx: Context;
  readonly database: ObservedDatabase;
  /** Each log line as the Worker would print it. */
  readonly logLines: string[];
  /** What the verbs told the hubs, and what these answer; empty where the real ones are used. */
  readonly hubs: RecordedHubs;
  /** The servers that are to be looked at by a message of the wake queue, and after how many milliseconds. */
  readonly wakes: { readonly alias: string; readonly delayMs: number }[];
  /** What `random` answers from now on, uniform in [0, 1). */
  random: number;
  now: number;
  /** Whether the wake queue is out of reach. */
  failWakes: boolean;
  fetch(path: string, init?: RequestInit & { origin?: string }): Promise<Response>;
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    options?: CallOptions,
  ): Promise<Answer<T>>;
  /** What the minute's cron does. */
  sweep(): Promise<void>;
  /** What the night's cron does. */
  prune(): Promise<void>;
  /** Waits for whatever was left to be done after an answer. */
  settle(): Promise<void>;
}

interface QueueOptions {
  readonly durations?: Partial<Durations>;
  readonly bucket?: R2Bucket;
  /** `real`: the Worker's own Durable Objects, which have the time of day and the built-in durations. */
  readonly hubs?: "real";
}

export function openQueue(options: QueueOptions = {}): TestQueue {
  const database = observeDatabase(env.DB);
  const deferred: Promise<unknown>[] = [];
  const logLines: string[] = [];
  const wakes: { alias: string; delayMs: number }[] = [];
  const recorded = recordHubs();
  const log: Context["log"] = (event, fields = {}) =>
    void logLines.push(JSON.stringify({ event, ...fields }));
  const durations = { ...DURATIONS, ...options.durations };
  const hubs = options.hubs === "real" ? hubsOf(env.HUB, durations, log) : recorded.hubs;
  const contextFor = (origin: string): Context => ({
    db: openDatabase(database.d1),
    bucket: options.bucket ?? env.BUCKET,
    settings: {
      durations,
      version: "test",
      keyPepper: env.KEY_PEPPER,
      urlSigningKey: env.URL_SIGNING_KEY,
      setupToken: env.SETUP_TOKEN,
    },
    clock: () => queue.now,
    random: () => queue.random,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    uuid: () => crypto.randomUUID(),
    wakeServer: async (alias, delayMs) => {
      if (queue.failWakes) throw new Error("the wake queue is out of reach");
      wakes.push({ alias, delayMs });
    },
    hubs,
    defer: (work) =>
      void deferred.push(work.catch((error) => log("deferred_failed", errorTextOf(error)))),
    log,
    authCache,
    nameCache,
    progressMemory,
    origin,
  });
  const authCache: Context["authCache"] = new Map();
  const nameCache: Context["nameCache"] = new Map();
  const progressMemory: Context["progressMemory"] = new Map();
  const app = createApp({
    contextFor: (request) => contextFor(new URL(request.url).origin),
    log,
    uuid: () => crypto.randomUUID(),
    isPlatformTrouble: isDatabaseTrouble,
  });
  const execution = { waitUntil: (work: Promise<unknown>) => void deferred.push(work) };
  const queue: TestQueue = {
    ctx: contextFor(ORIGIN),
    database,
    logLines,
    hubs: recorded,
    wakes,
    random: 0.5,
    now: options.hubs === "real" ? Date.now() : START,
    failWakes: false,
    async fetch(path, { origin = ORIGIN, ...init } = {}) {
      const request = new Request(`${origin}${path}`, init);
      return app.fetch(request, env, execution as unknown as ExecutionContext);
    },
    async call<T>(method: string, path: string, call: CallOptions = {}): Promise<Answer<T>> {
      const isJson = "json" in call;
      const body = isJson ? JSON.stringify(call.json) : call.body;
      const response = await queue.fetch(path, {
        method,
        headers: {
          ...(isJson ? { "Content-Type": "application/json" } : {}),
          ...call.as,
          ...call.headers,
        },
        ...(body === undefined ? {} : { body }),
        ...(call.origin === undefined ? {} : { origin: call.origin }),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const text = new TextDecoder().decode(bytes);
      const isReadable = text !== "" && /json/.test(response.headers.get("content-type") ?? "");
      const { status, headers } = response;
      // Nothing that a test sends may break the queue, so what broke is told at once.
      if (status === 500) throw new Error(`${method} ${path}: ${logLines.at(-1)}`);
      const answer = isReadable ? JSON.parse(text) : null;
      if (status >= 400 && answer !== null) {
        requireAnnounced(method, `${call.origin ?? ORIGIN}${path}`, String(answer.code));
      }
      return { status, headers, bytes, text, body: answer as T };
    },
    sweep: () => runScheduled(queue.ctx, "* * * * *"),
    prune: () => runScheduled(queue.ctx, NIGHTLY_CRON),
    async settle() {
      while (deferred.length > 0) await deferred.shift();
    },
  };
  return queue;
}
