import { errorTextOf } from "../domain/error-text.ts";
import type { Log } from "../services/context.ts";

/** Codes that only tell that no goodbye was said (RFC 6455, 7.4.1). */
const NO_CODE = [1005, 1006, 1015];

/** Says the goodbye that the other end waits for. A peer may have used a code that nobody may send. */
export function answerClose(socket: WebSocket, code: number, log: Log): void {
  try {
    if (NO_CODE.includes(code)) socket.close();
    else socket.close(code);
  } catch (error) {
    log("socket_close_refused", { code, ...errorTextOf(error) });
    socket.close(1000);
  }
}
