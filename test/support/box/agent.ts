import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewKey } from "@mobilesd/contract";
import { composeAgent } from "../../../tunnel-agent/src/compose-agent.ts";
import { type DaemonEnd, runDaemon } from "../../../tunnel-agent/src/daemon.ts";
import type { BoxSettings } from "../../../tunnel-agent/src/forge/look-at-host.ts";
import { openJournal } from "../../../tunnel-agent/src/journal.ts";
import type { Log } from "../../../tunnel-agent/src/log.ts";
import { type AgentView, createAgentState } from "../../../tunnel-agent/src/pipeline/agent-view.ts";
import { createStop, type Stop } from "../../../tunnel-agent/src/stop.ts";

/** An agent inside this process, with everything it said. */
export interface TestAgent {
  readonly end: Promise<DaemonEnd>;
  readonly stop: Stop;
  readonly lines: readonly string[];
  readonly stateDir: string;
  /** What it shows of itself. */
  readonly view: () => AgentView;
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
  const stop = createStop();
  const state = createAgentState();
  const { url, key, forgeUrl, forgeApiAuth = null } = options;
  const deps = composeAgent({
    url,
    key: key.key,
    secret: key.secret,
    forgeUrl,
    forgeApiAuth,
    box: { isDedicated: false, allowedScripts: ["prompt matrix"], ...options.box },
    journal: openJournal(stateDir),
    log: recordingLog(lines),
    state,
    stop,
    agentVersion: "test",
  });
  return { end: runDaemon(deps), stop, lines, stateDir, view: state.view };
}
