import type { LiveEvent } from "@mobilesd/contract";
import { until } from "./until.ts";
import { type AboutJob, faultsOfOrder, type Watcher, watchServer } from "./watcher.ts";

/** Somebody who comes back whenever their socket is lost, with the last event that they heard. */
export interface KeptWatcher {
  /** What was heard on each socket so far, the one that stands last. */
  readonly sockets: readonly Watcher[];
  about(jobId: string): readonly AboutJob[];
  /**
   * What is wrong with what was heard, a sentence each: an order that goes back on one socket, or a socket
   * of one who came back that neither went on where the last one ended nor said that something was missed.
   */
  faults(jobIds: readonly string[]): string[];
  stop(): Promise<void>;
}

const COME_BACK_AFTER_MS = 50;

const lifeOf = ({ id }: LiveEvent) => id.slice(0, id.lastIndexOf("."));

export async function keepWatching(
  url: string,
  key: { key: string; secret: string },
  alias: string,
): Promise<KeptWatcher> {
  const sockets = [await watchServer(url, key, alias)];
  let isStopped = false;
  const last = () => sockets.flatMap(({ heard }) => heard).at(-1);

  async function comeBack(): Promise<void> {
    while (!isStopped) {
      await new Promise((resolve) => setTimeout(resolve, COME_BACK_AFTER_MS));
      if (isStopped || sockets.at(-1)?.closed() === null) continue;
      const next = await watchServer(url, key, alias, last()?.id).catch(() => null);
      if (next) sockets.push(next);
    }
  }
  const coming = comeBack();
  return {
    sockets,
    about: (jobId) => sockets.flatMap((socket) => socket.about(jobId)),
    faults: (jobIds) => [
      ...sockets.flatMap((socket) => jobIds.flatMap((id) => faultsOfOrder(socket.about(id)))),
      ...sockets.slice(1).flatMap(({ heard: [first] }, at) => {
        const before = sockets[at]?.heard.at(-1);
        const isSameLife = first && before && lifeOf(first) === lifeOf(before);
        return first?.type === "gap" || isSameLife
          ? []
          : [`socket ${at + 2} hides what was missed`];
      }),
    ],
    async stop() {
      isStopped = true;
      await coming;
      for (const socket of sockets) socket.stop();
      await until("all sockets are closed", () => sockets.every(({ closed }) => closed() !== null));
    },
  };
}
