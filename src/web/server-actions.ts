import type { ServerChange, ServerView } from "@mobilesd/contract";
import { api } from "./api.ts";
import { confirmed } from "./confirm.ts";
import { note } from "./dom.ts";
import { failureWords } from "./failure-words.ts";
import { withMode } from "./live-store.ts";
import type { ServerActions } from "./server-list.ts";
import { changeWords, unloadWords } from "./server-words.ts";
import type { Watch } from "./watch.ts";

type Order = "pauseServer" | "resumeServer" | "drainServer" | "unloadModel";

/** What a page can tell its servers; what comes of it is shown at once and said at its foot. */
export function serverActions(watch: () => Watch): ServerActions {
  const tell = async (
    order: Order,
    server: ServerView,
    words: (change: ServerChange) => string,
  ): Promise<void> => {
    try {
      const change = await api.call(order, { params: { alias: server.alias } });
      watch().assume((state) => withMode(state, change.alias, change.mode));
      note(words(change));
    } catch (error) {
      note(failureWords(error));
    }
    await watch().lookNow();
  };
  return {
    pause: (server) => tell("pauseServer", server, changeWords),
    resume: (server) => tell("resumeServer", server, changeWords),
    unload: (server) => tell("unloadModel", server, unloadWords),
    async drain(server) {
      const question = `Let ${server.alias} finish what it has and take nothing more, so that it can be switched off?`;
      if (await confirmed(question, "Drain", "No")) await tell("drainServer", server, changeWords);
    },
    look: () => void watch().lookNow(),
  };
}
