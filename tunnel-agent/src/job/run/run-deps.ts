import type { Durations } from "@mobilesd/contract";
import type { Cloud } from "../../cloud/client.ts";
import type { ForgeClient } from "../../forge/client.ts";
import type { Host } from "../../forge/host.ts";
import type { Lender } from "../../forge/lender.ts";
import type { Journal } from "../../journal.ts";
import type { Log } from "../../log.ts";

/** What a run works with. Clock, ids and chance come in here. */
export interface RunDeps {
  readonly cloud: Cloud;
  readonly forge: ForgeClient;
  readonly journal: Journal;
  readonly log: Log;
  readonly durations: Durations;
  readonly uuid: () => string;
  readonly now: () => number;
  readonly wallClock: () => Date;
  readonly lender: Lender;
  /** Forge as it was when its lists were read last. */
  readonly host: Host;
  readonly readHostAgain: () => Promise<Host>;
}
