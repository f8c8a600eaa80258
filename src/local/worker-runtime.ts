import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Durations } from "@mobilesd/contract";
import type { Miniflare, MiniflareOptions } from "miniflare";
import { SupervisedMiniflare, type WorkerLogEntry } from "./supervised-miniflare.ts";
import { bundleWorker } from "./worker-bundle.ts";
import { readWorkerConfig, type WorkerConfig } from "./worker-config.ts";
import { applyMigrations } from "./worker-migrations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export type LocalDatabase = Awaited<ReturnType<Miniflare["getD1Database"]>>;
export type LocalBucket = Awaited<ReturnType<Miniflare["getR2Bucket"]>>;

/** The Worker's secrets, by the names that `wrangler.toml` requires. */
export interface WorkerSecrets {
  readonly KEY_PEPPER: string;
  readonly URL_SIGNING_KEY: string;
  readonly SETUP_TOKEN: string;
}

export interface WorkerOptions {
  /** Where D1 and R2 are kept; null: a folder that goes when the Worker stops. */
  readonly stateDir: string | null;
  /** Address to listen on; 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0, or not given: any free port. */
  readonly port?: number;
  readonly secrets: WorkerSecrets;
  /** A file with another entry than `wrangler.toml`'s; benchmarks bring one that measures it. */
  readonly entry?: string;
  /** Durations that differ from the built-in ones: how tests run the same code faster. */
  readonly durations?: Partial<Durations>;
  /** The built pages; not given: the Worker answers alone. */
  readonly pagesDir?: string;
  readonly onLog?: (entry: WorkerLogEntry) => void;
  /** Told the process id of each runtime process as it starts: it must die with its starter. */
  readonly onRuntimeProcess?: (pid: number) => void;
}

/** A Worker that serves on this machine until `stop`. It comes back by itself, on the same port, when killed. */
export interface RunningWorker {
  /** How this machine reaches it, without a slash at its end: `http://127.0.0.1:PORT`, unless `host` is another. */
  readonly url: string;
  readonly port: number;
  /** The database behind the Worker. Ask again after a crash: a handle dies with its process. */
  db(): Promise<LocalDatabase>;
  bucket(): Promise<LocalBucket>;
  /** Does what Cloudflare's cron does; `cron` is one of `wrangler.toml`. Throws while the runtime is down. */
  runScheduled(cron: string): Promise<void>;
  /** The runtime's process, for tests that kill it; null while there is none. */
  workerdPid(): number | null;
  /** Lets a server's hub fall asleep now, its sockets standing, as the platform may at any time; for tests. */
  putHubToSleep(alias: string): Promise<void>;
  stop(): Promise<void>;
}

function bindingsOf(config: WorkerConfig, options: WorkerOptions): Record<string, object> {
  const text = (value: string) => ({ type: "text", value });
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return Object.fromEntries([
    ...config.d1_databases.map((db) => [db.binding, { type: "d1", id: db.database_id }]),
    ...config.r2_buckets.map((r2) => [r2.binding, { type: "r2", name: r2.bucket_name }]),
    ...config.queues.producers.map((to) => [to.binding, { type: "queue", name: to.queue }]),
    ...config.durable_objects.bindings.map((hub) => [
      hub.name,
      { type: "durable-object", worker: config.name, exportName: hub.class_name },
    ]),
    ...Object.entries(options.secrets).map(([name, value]) => [name, text(value)]),
    ["DURATIONS", text(JSON.stringify(options.durations ?? {}))],
    ["VERSION", text(version)],
  ]);
}

function triggersOf(config: WorkerConfig): object[] {
  return config.queues.consumers.map((queue) => ({
    type: "queue",
    name: queue.queue,
    maxBatchSize: queue.max_batch_size,
    maxBatchTimeout: queue.max_batch_timeout,
    ...(queue.max_retries === undefined ? {} : { maxRetries: queue.max_retries }),
    ...(queue.retry_delay === undefined ? {} : { retryDelay: queue.retry_delay }),
    ...(queue.dead_letter_queue === undefined ? {} : { deadLetterQueue: queue.dead_letter_queue }),
  }));
}

/** Every Durable Object class with its storage, as its `[[migrations]]` make it in production. */
function exportsOf(config: WorkerConfig): object {
  const storage = { type: "durable-object", storage: "sqlite" };
  return Object.fromEntries(
    config.durable_objects.bindings.map(({ class_name }) => [class_name, storage]),
  );
}

function assetsOf(config: WorkerConfig, pagesDir: string | undefined): object {
  if (pagesDir === undefined) return {};
  const assets = {
    directory: pagesDir,
    notFoundHandling: config.assets.not_found_handling,
    runWorkerFirst: config.assets.run_worker_first,
    hasUserWorker: true,
  };
  return { assets };
}

function miniflareOptions(
  config: WorkerConfig,
  options: WorkerOptions,
  made: { contents: string; stateDir: string; port: number },
): MiniflareOptions {
  const modules = { "worker.js": { type: "esm", contents: made.contents } };
  return {
    host: options.host ?? "127.0.0.1",
    port: made.port,
    cf: false,
    enableDevRegistry: false,
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => options.onLog?.({ level, message }),
    resourcePersistencePath: made.stateDir,
    workers: [
      {
        config: {
          name: config.name,
          compatibilityDate: config.compatibility_date,
          compatibilityFlags: config.compatibility_flags,
          manifest: { mainModule: "worker.js", modules },
          env: bindingsOf(config, options),
          exports: exportsOf(config),
          triggers: triggersOf(config),
          ...assetsOf(config, options.pagesDir),
        },
      },
    ],
  } as MiniflareOptions;
}

/** A host as it stands in a URL of this machine. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return isIP(host) === 6 ? `[${host}]` : host;
}

/**
 * Starts the Worker with embedded D1, R2, Queues and Durable Objects, its migrations applied. Nothing reaches out to the
 * network. Throws Miniflare's error, with `code` `ERR_ADDRESS_IN_USE` when the port is taken.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const config = readWorkerConfig(join(ROOT, "wrangler.toml"));
  const [database] = config.d1_databases;
  const [bucket] = config.r2_buckets;
  if (!database || !bucket) throw new Error("wrangler.toml names no database or no bucket");
  const contents = await bundleWorker(options.entry ?? join(ROOT, config.main));
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "mobilesd-worker-"));
  let port = options.port ?? 0;

  const runtime = new SupervisedMiniflare({
    options: () => miniflareOptions(config, options, { contents, stateDir, port }),
    write: options.onLog ?? (() => {}),
    onProcess: options.onRuntimeProcess ?? (() => {}),
  });
  const stop = async () => {
    await runtime.stop();
    if (options.stateDir === null) rmSync(stateDir, { recursive: true, force: true });
  };
  const db = async () => (await runtime.live()).getD1Database(database.binding);
  try {
    port = Number((await (await runtime.live()).ready).port);
    await applyMigrations(await db(), join(ROOT, database.migrations_dir));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://${reachableHost(options.host ?? "127.0.0.1")}:${port}`,
    port,
    db,
    bucket: async () => (await runtime.live()).getR2Bucket(bucket.binding),
    async runScheduled(cron) {
      const worker = await (await runtime.live()).getWorker();
      await worker.scheduled({ cron });
    },
    workerdPid: () => runtime.pid(),
    async putHubToSleep(alias) {
      const [hub] = config.durable_objects.bindings;
      if (!hub) throw new Error("wrangler.toml names no Durable Object");
      const how = { name: alias, webSockets: "hibernate" } as const;
      const live = await runtime.live();
      await live.unsafeEvictDurableObject(config.name, hub.class_name, how).catch((error) => {
        // It sleeps already.
        if (!String(error).includes("it is not currently running")) throw error;
      });
    },
    stop,
  };
}
