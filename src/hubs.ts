import type { Durations } from "@mobilesd/contract";
import { errorTextOf } from "./domain/error-text.ts";
import { type JoinRefusal, type Member, UNKNOWN_LOOK } from "./domain/hub.ts";
import type { HubNamespace } from "./env.ts";
import type { Hubs, Log } from "./services/context.ts";

/** What a promise answers, or an error once it has taken too long. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer ?? null);
  }
}

/** Ends a socket that came too late for whoever asked. */
function letGo({ webSocket }: Response): void {
  webSocket?.accept();
  webSocket?.close(1000, "too late");
}

/** The address by which a hub knows that a member joins; nobody but the Worker can call it. */
function joinUrl(member: Member): string {
  return `http://hub/?member=${encodeURIComponent(JSON.stringify(member))}`;
}

/**
 * The hubs behind the Worker's binding. A stub is made for each call: one that failed stays broken. What a
 * hub does not answer in time counts as not answered.
 */
export function hubsOf(namespace: HubNamespace, durations: Durations, log: Log): Hubs {
  const hub = (alias: string) => namespace.get(namespace.idFromName(alias));
  const limitMs = durations.hubAnswerLimitMs;
  const note = (call: string, error: unknown) =>
    log("hub_out_of_reach", { call, ...errorTextOf(error) });
  return {
    async tell(alias, news) {
      try {
        return await within(limitMs, hub(alias).tell(news));
      } catch (error) {
        note("tell", error);
        throw error;
      }
    },
    async look(alias) {
      try {
        return await within(limitMs, hub(alias).look());
      } catch (error) {
        note("look", error);
        return UNKNOWN_LOOK;
      }
    },
    async join(alias, member) {
      try {
        const init = { headers: { Upgrade: "websocket" } };
        const joining = hub(alias).fetch(joinUrl(member), init);
        const response = await within(limitMs, joining).catch((error) => {
          void joining.then(letGo, () => {});
          throw error;
        });
        return response.webSocket ?? ((await response.text()) as JoinRefusal);
      } catch (error) {
        note("join", error);
        return "unavailable";
      }
    },
  };
}
