import type { Hono } from "hono";
import { getOwnServer, listServers } from "../../services/servers/list.ts";
import {
  drainServer,
  pauseServer,
  resumeServer,
  unloadModel,
} from "../../services/servers/order.ts";
import { type HttpEnv, mount } from "../mount.ts";

export function mountServers(app: Hono<HttpEnv>): void {
  mount(app, "listServers", ({ ctx }) => listServers(ctx));
  mount(app, "pauseServer", ({ ctx, params }) => pauseServer(ctx, params.alias));
  mount(app, "drainServer", ({ ctx, params }) => drainServer(ctx, params.alias));
  mount(app, "resumeServer", ({ ctx, params }) => resumeServer(ctx, params.alias));
  mount(app, "unloadModel", ({ ctx, params }) => unloadModel(ctx, params.alias));
  mount(app, "getOwnServer", ({ ctx }) => getOwnServer(ctx));
}
