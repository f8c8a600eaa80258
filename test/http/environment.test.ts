import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parseEnv, settingsOf } from "../../src/env.ts";
import worker from "../../src/worker.ts";

const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});

afterEach(() => void vi.restoreAllMocks());

it("names everything that is wrong with a Worker's environment at once, and no value", () => {
  const wrong = {
    ...env,
    DB: undefined,
    KEY_PEPPER: "too-short-value",
    PUBLIC_URL: "not a url",
    DURATIONS: '{"leaseTtlMs": -5, "nonsense": 1}',
  };
  let message = "";
  try {
    parseEnv(wrong);
  } catch (error) {
    message = String(error);
  }
  for (const part of [
    "DB: ",
    "KEY_PEPPER: ",
    "PUBLIC_URL: ",
    "DURATIONS.leaseTtlMs: ",
    "nonsense",
  ]) {
    expect(message).toContain(part);
  }
  expect(message).not.toContain("too-short-value");
  expect(() => parseEnv({ ...env, DURATIONS: "{" })).toThrow(/DURATIONS: must be JSON/);
});

it("takes durations as settings, each on its own, and an address without its path", () => {
  const parsed = parseEnv({
    ...env,
    DURATIONS: '{"leaseTtlMs": 1800}',
    PUBLIC_URL: "https://queue.test/some/path",
  });
  expect(settingsOf(parsed).durations).toMatchObject({ leaseTtlMs: 1_800, leaseGraceMs: 30_000 });
  expect(parsed.PUBLIC_URL).toBe("https://queue.test");
});

it("answers every request with the one error shape when its environment is not complete", async () => {
  const request = new Request<unknown, IncomingRequestCfProperties>("http://queue.test/healthz");
  const response = await worker.fetch(request, { KEY_PEPPER: "hush" }, createExecutionContext());
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ code: "internal", details: [] });
  expect(printed.join()).toContain("URL_SIGNING_KEY");
  expect(printed.join()).not.toContain("hush");
});
