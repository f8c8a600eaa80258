import { type HubLook, type HubNews, UNKNOWN_LOOK } from "../../../src/domain/hub.ts";
import type { Hubs } from "../../../src/services/context.ts";

/** Hubs that only note what they are told; the real ones have tests of their own. */
export interface RecordedHubs {
  readonly hubs: Hubs;
  /** What was told, in order. */
  readonly tells: { readonly alias: string; readonly news: HubNews }[];
  /** What a look at a server's hub answers; nothing is known of those that are not in here. */
  readonly looks: Map<string, HubLook>;
  /** Whether hubs are out of reach: what is told fails, and nothing is known of any server. */
  areAway: boolean;
}

export function recordHubs(): RecordedHubs {
  const recorded: RecordedHubs = {
    tells: [],
    looks: new Map(),
    areAway: false,
    hubs: {
      async tell(alias, news) {
        if (recorded.areAway) throw new Error("the hub is out of reach");
        recorded.tells.push({ alias, news });
        return { isAgentThere: recorded.looks.get(alias)?.isAgentThere ?? false };
      },
      async look(alias) {
        return (!recorded.areAway && recorded.looks.get(alias)) || UNKNOWN_LOOK;
      },
      join: async () => "unavailable",
    },
  };
  return recorded;
}
