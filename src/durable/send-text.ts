import { errorTextOf } from "../domain/error-text.ts";
import type { Log } from "../services/context.ts";

/** Sends a text to one socket; one that broke a moment ago must not keep others from hearing theirs. */
export function sendText(socket: WebSocket, text: string, log: Log): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  try {
    socket.send(text);
  } catch (error) {
    log("socket_broken", errorTextOf(error));
  }
}
