import { HUB_PING, HUB_PONG } from "@mobilesd/contract";
import type { Context } from "../services/context.ts";

/** A reader waits at least this long before it opens a lost stream again, and up to twice as long. */
const RETRY_MS = 2_000;

/** Bytes that wait for a reader; one that does not keep up is cut off, and comes back with its last id. */
const UNREAD_BYTES_MAX = 1_000_000;

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  // What stands between must hand on each event as it comes.
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** The event as the standard frames it. The hub writes the id first, so that no event is parsed for it. */
function frameOf(event: string): string {
  const id = /^\{"id":"([^"\\\r\n]*)"/.exec(event)?.[1];
  return `${id === undefined ? "" : `id: ${id}\n`}data: ${event}\n\n`;
}

/**
 * What a watcher's socket says, as server-sent events (the HTML standard's `text/event-stream`), until the
 * reader goes or the hub ends it. Now and then it says something that is no event, and shows the hub that
 * somebody reads.
 */
export function streamEvents(
  socket: WebSocket,
  { settings, random }: Pick<Context, "settings" | "random">,
  signal: AbortSignal,
): Response {
  const { eventStreamIdleMs, watcherPingMs } = settings.durations;
  const encoder = new TextEncoder();
  let leave = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOpen = true;
        leave = () => {
          if (!isOpen) return;
          isOpen = false;
          clearInterval(idle);
          clearInterval(pings);
          socket.close(1000, "the reader went");
        };
        const end = () => {
          if (!isOpen) return;
          leave();
          controller.close();
        };
        const write = (text: string) => {
          if (!isOpen) return;
          if ((controller.desiredSize ?? 0) < -UNREAD_BYTES_MAX) end();
          else controller.enqueue(encoder.encode(text));
        };
        const idle = setInterval(() => write(": nothing new\n\n"), eventStreamIdleMs);
        const pings = setInterval(() => {
          if (socket.readyState === WebSocket.OPEN) socket.send(HUB_PING);
        }, watcherPingMs);
        socket.addEventListener("message", ({ data }) => {
          if (data !== HUB_PONG) write(frameOf(String(data)));
        });
        socket.addEventListener("close", end);
        socket.addEventListener("error", end);
        signal.addEventListener("abort", end);
        socket.accept();
        // All streams are lost together at a deploy.
        write(`retry: ${Math.round(RETRY_MS * (1 + random()))}\n\n`);
      },
      cancel: () => leave(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  );
  return new Response(body, { headers: HEADERS });
}

/** The same to somebody who asks for the head alone. */
export function headOfEvents(): Response {
  return new Response(null, { headers: HEADERS });
}
