import type { Durations } from "@mobilesd/contract";
import type { Cloud } from "../../cloud/client.ts";
import type { ForgeClient } from "../../forge/client.ts";
import type { Host } from "../../forge/host.ts";
import type { Lender } from "../../forge/lender.ts";
import type { ImageThread } from "../../images/image-thread.ts";
import type { Journal } from "../../journal.ts";
import type { HubLink } from "../../live/hub-link.ts";
import type { Log } from "../../log.ts";
import type { ForgeLine } from "../../pipeline/forge-line.ts";

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
  readonly link: HubLink;
  readonly line: ForgeLine;
  readonly images: ImageThread;
  /** Forge as it was when its lists were read last. */
  readonly host: Host;
  readonly readHostAgain: () => Promise<Host>;
  /**
   * Forge answered a request that was sent at `askedAt`, by `now`, and has this checkpoint in memory; null where that
   * cannot be told.
   */
  readonly answered: (checkpoint: string | null, askedAt: number) => void;
  /** Takes in what goes on after its job is over: the agent waits for it before it ends, unless it must go at once. */
  readonly track: (work: Promise<void>) => void;
}
