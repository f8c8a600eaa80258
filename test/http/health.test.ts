import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("answers health as long as D1 and R2 answer", async () => {
  const response = await exports.default.fetch(new Request("http://queue.test/healthz"));
  expect(await response.json()).toMatchObject({ status: "ok" });
  expect(env.DB).toBeDefined();
});
