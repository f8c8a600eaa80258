import type { Measure } from "../report.ts";
import { benchAgentMemory } from "./agent-memory.ts";
import { buildAgent } from "./agent-process.ts";
import { benchCancel } from "./cancel.ts";
import { benchDispatch } from "./dispatch.ts";
import { benchGap } from "./gap.ts";
import { benchIdle } from "./idle.ts";
import { benchJobCost } from "./job-cost.ts";
import { benchPreview } from "./preview.ts";

interface LivePart {
  readonly what: string;
  readonly run: (isQuick: boolean) => Promise<Measure[]>;
}

const PARTS = {
  gap: {
    what: "the GPU's idle time and the time of a generation, against direct calls",
    run: (isQuick) => benchGap(isQuick ? 3 : 5),
  },
  dispatch: {
    what: "from submit to Forge, with a hub that is awake and one that sleeps",
    run: (isQuick) => benchDispatch(isQuick ? 20 : 100),
  },
  preview: {
    what: "from Forge's last byte to a watcher's picture",
    run: (isQuick) => benchPreview(isQuick ? 3 : 5),
  },
  cancel: {
    what: "from cancel to interrupt",
    run: (isQuick) => benchCancel(isQuick ? 5 : 15),
  },
  idle: { what: "a day without work", run: () => benchIdle() },
  "job-cost": {
    what: "what a job of 20 s costs",
    run: (isQuick) => benchJobCost(isQuick ? 1 : 3),
  },
  "agent-memory": {
    what: "the agent's memory over many jobs",
    run: (isQuick) => benchAgentMemory(isQuick ? 200 : 1_000),
  },
} as const satisfies Record<string, LivePart>;

export type LivePartName = keyof typeof PARTS;

/** The parts of `live`, each of which may be asked for alone. */
export const LIVE_PARTS = Object.keys(PARTS) as LivePartName[];

/** Measures what sockets, prefetch and previews are for, with agent, Worker and demo Forge as processes. */
export async function benchLive(
  names: readonly LivePartName[],
  options: { readonly isQuick: boolean; readonly tell: (line: string) => void },
): Promise<Measure[]> {
  options.tell("live: building the agent");
  await buildAgent();
  const measures: Measure[] = [];
  for (const name of names) {
    const part: LivePart = PARTS[name];
    options.tell(`live: ${part.what}`);
    measures.push(...(await part.run(options.isQuick)));
  }
  return measures;
}
