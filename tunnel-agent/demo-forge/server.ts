import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import { createApp } from "./app.ts";
import { parseLogins } from "./auth.ts";
import { DEMO_TITLE } from "./catalogue.ts";
import type { Sleep } from "./clock.ts";
import type { FaultBox, FaultSettings } from "./faults.ts";
import { createForge, type Forge, type Phase } from "./forge.ts";
import type { JobRecord } from "./job-record.ts";

/** The phases of a start in ms, not scaled: the port refuses, then 404, then no extensions. */
interface Birth {
  refusedMs: number;
  emptyMs: number;
  partialMs: number;
}

/** How a demo Forge is started. */
export interface DemoForgeOptions {
  /** 0 (the default) takes any free port. */
  port?: number;
  host?: string;
  /** `user:pass[,user2:pass2]` for the core routes. */
  apiAuth?: string;
  /** Multiplies every duration: 1 is a mid-range card, 0.01 is for tests. */
  timeScale?: number;
  /** Waits in place of the machine's clock, so that a test can see every state of a job. */
  sleep?: Sleep;
  faults?: Partial<FaultSettings>;
  /** False behaves like a Forge that was started without `--api`. */
  hasApi?: boolean;
  /** True behaves like a Forge that was started with `--no-hashing`. */
  noHashing?: boolean;
  /** True behaves like `--nowebui`: no page, no /internal, and no module is known. */
  noWebui?: boolean;
  /** True behaves like a start without `--port`: then GET cmd-flags works. */
  noPort?: boolean;
  /** True lays coarse grain over every picture, so that it takes as many bytes as a PNG can. */
  hasGrain?: boolean;
  /** Left out, the Forge is ready at once. */
  birth?: Birth;
  /** Takes each line of the log. */
  say?: (line: string) => void;
  /** Is told that a fault has crashed the Forge, once nothing answers any more. */
  onCrash?: () => void;
}

/** A running demo Forge. */
export interface DemoForge {
  readonly url: string;
  readonly faults: FaultBox;
  /** All jobs that came through the lock, the running one last. */
  readonly jobs: readonly JobRecord[];
  /** How much of a starting Forge answers now. */
  setPhase(phase: Phase): void;
  /** Drops every connection and frees the port, as a killed Forge does. */
  stop(): Promise<void>;
}

/**
 * Starts a demo Forge inside this process. Resolves when its port is known; with a `birth` it may
 * still refuse connections then. Rejects when the port is taken.
 */
export async function startDemoForge(options: DemoForgeOptions = {}): Promise<DemoForge> {
  const { host = "127.0.0.1", timeScale = 1, faults = {}, hasApi = true, birth } = options;
  const say = (line: string) => options.say?.(`[demo] ${line}`);
  const ending = new AbortController();
  const logins = options.apiAuth === undefined ? null : parseLogins(options.apiAuth);
  const crash = () => {
    say("fault crash: ends on the spot");
    void end().then(options.onCrash);
  };
  const { noWebui = false, noHashing = false, noPort = false, hasGrain = false } = options;
  const apiAuth = options.apiAuth ?? null;
  const forge = createForge({
    timeScale,
    sleep: options.sleep,
    faults,
    flags: { hasApi, noHashing, noWebui, port: null, apiAuth, hasGrain },
    ended: ending.signal,
    say,
    crash,
  });
  const app = createApp(forge, logins);
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const port = await listen(server, options.port ?? 0, host);
  if (!noPort) forge.flags.port = port;
  const end = () => {
    ending.abort();
    // Frees a job that hangs, so that it ends with the rest.
    forge.faults.clear();
    return close(server);
  };
  const growing = birth && grow(forge, server, { port, host, birth });
  growing?.catch((error: Error) => {
    if (!ending.signal.aborted) say(`could not start: ${error.message}`);
  });
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  say(`${DEMO_TITLE} at ${url}`);
  return {
    url,
    faults: forge.faults,
    jobs: forge.jobs,
    setPhase: (phase) => {
      forge.phase = phase;
    },
    stop: end,
  };
}

async function grow(
  forge: Forge,
  server: Server,
  { port, host, birth }: { port: number; host: string; birth: Birth },
): Promise<void> {
  const signal = forge.ended;
  forge.phase = "empty";
  if (birth.refusedMs > 0) {
    await close(server);
    await wait(birth.refusedMs, undefined, { signal });
    await listen(server, port, host);
  }
  await wait(birth.emptyMs, undefined, { signal });
  forge.phase = "partial";
  await wait(birth.partialMs, undefined, { signal });
  forge.phase = "ready";
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
