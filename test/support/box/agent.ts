import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewKey } from "@mobilesd/contract";
import { createCloud } from "../../../tunnel-agent/src/cloud/client.ts";
import { type DaemonEnd, runDaemon } from "../../../tunnel-agent/src/daemon.ts";
import { createForgeClient } from "../../../tunnel-agent/src/forge/client.ts";
import type { BoxSettings } from "../../../tunnel-agent/src/forge/look-at-host.ts";
import { openJournal } from "../../../tunnel-agent/src/journal.ts";
import type { Log } from "../../../tunnel-agent/src/log.ts";
import { createStop, type Stop } from "../../../tunnel-agent/src/stop.ts";

/** An agent inside this process, with everything it said. */
export interface TestAgent {
  readonly end: Promise<DaemonEnd>;
  readonly stop: Stop;
  readonly lines: readonly string[];
  readonly stateDir: string;
}

function recordingLog(lines: string[]): Log {
  const write = (fields: object, message: string) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: write, info: write, warn: write, error: write };
}

/** Starts the agent's real loop against a queue and a Forge. */
export function startAgent(options: {
  url: string;
  key: Pick<NewKey, "key" | "secret">;
  forgeUrl: string;
  forgeApiAuth?: string;
  stateDir?: string;
  box?: Partial<BoxSettings>;
}): TestAgent {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "agent-state-"));
  const lines: string[] = [];
  const log = recordingLog(lines);
  const stop = createStop();
  let sessionId: string | null = null;
  const end = runDaemon({
    cloud: createCloud({
      url: options.url,
      key: options.key.key,
      secret: options.key.secret,
      sessionId: () => sessionId,
      random: Math.random,
      onRetry: (route, error) => log.debug({ route, error: error.message }, "Trying again"),
    }),
    forge: createForgeClient(options.forgeUrl, options.forgeApiAuth ?? null),
    forgeUrl: options.forgeUrl,
    box: { isDedicated: false, allowedScripts: ["prompt matrix"], ...options.box },
    journal: openJournal(stateDir),
    log,
    stop,
    agentVersion: "test",
    setSession: (id) => {
      sessionId = id;
    },
    uuid: randomUUID,
    random: Math.random,
    now: () => performance.now(),
    wallClock: () => new Date(),
  });
  return { end, stop, lines, stateDir };
}
