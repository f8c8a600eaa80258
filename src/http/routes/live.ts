import { HEADERS, LIMITS, ROUTES } from "@mobilesd/contract";
import type { Context as HonoContext, Hono } from "hono";
import { AppError } from "../../services/app-error.ts";
import { actorOfKey } from "../../services/keys/authenticate.ts";
import {
  joinAsAgent,
  joinAsWatcher,
  requireServer,
  type Watching,
} from "../../services/live/join.ts";
import { createEventTicket, openTicket } from "../../services/live/tickets.ts";
import { type Call, type HttpEnv, mount, requireActor } from "../mount.ts";
import { headOfEvents, streamEvents } from "../stream-events.ts";

const wantsSocket = (c: HonoContext<HttpEnv>) =>
  c.req.method === "GET" && c.req.header("upgrade")?.toLowerCase() === "websocket";

const answerSocket = (webSocket: WebSocket) => new Response(null, { status: 101, webSocket });

/** Who watches: by a ticket, whose key is looked at anew, or by credentials of their own. */
async function whoWatches({ ctx, query, c }: Call<"events">) {
  if (query.ticket === undefined) {
    return { actor: await requireActor(c, ctx, ROUTES.events), ticket: null };
  }
  const ticket = openTicket(ctx, query.ticket, query.server);
  const actor = await actorOfKey(ctx, ticket.keyId);
  if (!actor?.permissions.includes("jobs:read")) throw new AppError("ticket_invalid");
  return { actor, ticket };
}

/** The last event that was heard; one that no hub can have told is as good as none that is known. */
function sinceOf({ query, c }: Call<"events">): string | null {
  const last = c.req.header("last-event-id") ?? query.since ?? null;
  return last !== null && last.length > LIMITS.eventIdCharsMax ? "" : last;
}

async function watch(call: Call<"events">): Promise<Response> {
  const { ctx, query, c } = call;
  const who = await whoWatches(call);
  if (c.req.method === "HEAD") {
    // Nobody listens: no ticket is spent, and no agent draws previews.
    await requireServer(ctx, query.server);
    return headOfEvents();
  }
  const watching: Watching = { alias: query.server, since: sinceOf(call), ...who };
  const socket = await joinAsWatcher(ctx, watching);
  if (wantsSocket(c)) return answerSocket(socket);
  return streamEvents(socket, ctx, c.req.raw.signal);
}

export function mountLive(app: Hono<HttpEnv>): void {
  mount(app, "events", watch);
  mount(app, "createEventTicket", ({ ctx, body }) => createEventTicket(ctx, body));
  mount(app, "joinHub", async ({ ctx, c }) => {
    if (!wantsSocket(c)) throw new AppError("socket_expected");
    return answerSocket(await joinAsAgent(ctx, c.req.header(HEADERS.session) ?? null));
  });
}
