import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { aliasOf } from "../../src/durable/hub-storage.ts";
import { hubOf, openBox } from "../support/workerd/live-socket.ts";

it("lets a hub know its server where the platform gives it no name, once it was made by one", async () => {
  const { agent, queue } = await openBox();
  await queue.ctx.hubs.look(agent.alias);
  await runInDurableObject(hubOf(agent), (_, { storage, id }) => {
    const nameless = { id: { ...id, name: undefined } as unknown as DurableObjectId, storage };
    expect(aliasOf(nameless)).toBe(agent.alias);
    storage.kv.delete("alias");
    expect(() => aliasOf(nameless)).toThrow("alias");
  });
});
