import { type LiveHearer, type LiveSocket, liveSocket } from "./live-socket.ts";

/** The sockets of a page that is seen: one a server. */
export interface LiveSockets {
  /** Listens to these servers from now on, and to no others. */
  listenTo(aliases: readonly string[]): void;
  /** Whether every one of them stands. */
  areUp(): boolean;
  nudge(): void;
  /** Closes them all; listening again goes on where they were. */
  close(): void;
}

/** Keeps a socket open for each server that is listened to. */
export function liveSockets(hear: LiveHearer): LiveSockets {
  const sockets = new Map<string, LiveSocket>();
  const since = new Map<string, string>();
  return {
    listenTo(aliases) {
      for (const [alias, socket] of sockets) {
        if (aliases.includes(alias)) continue;
        socket.close();
        sockets.delete(alias);
      }
      for (const alias of aliases) {
        if (sockets.has(alias)) continue;
        const onSince = (id: string) => void since.set(alias, id);
        sockets.set(alias, liveSocket(alias, since.get(alias) ?? null, hear, onSince));
      }
    },
    areUp: () => sockets.size > 0 && [...sockets.values()].every((socket) => socket.isUp()),
    nudge() {
      for (const socket of sockets.values()) socket.nudge();
    },
    close() {
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}
