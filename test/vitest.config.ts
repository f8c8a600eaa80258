import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Secrets of a Worker that only tests see. */
const TEST_BINDINGS = {
  KEY_PEPPER: "test-pepper-of-32-characters-long",
  URL_SIGNING_KEY: "test-signing-key-of-32-characters",
  SETUP_TOKEN: "test-setup-token-of-32-characters",
};

/**
 * Four kinds of tests: laws of the tree, plain Node, Forge's extension in a page like Forge's, and the
 * Worker in workerd with real D1, R2, Queues and Durable Objects.
 */
export default defineConfig(async () => ({
  test: {
    root,
    // The long tests wait for other processes more than they work: two at a time even on two cores.
    maxWorkers: 2,
    // What passes has nothing to say; what fails shows its log.
    silent: "passed-only" as const,
    projects: [
      {
        root,
        test: { name: "laws", include: ["test/*.test.ts"] },
      },
      {
        root,
        test: {
          name: "node",
          include: [
            "test/{contract,domain,web,local,agent,honesty,forge-api,forge-jobs,forge-truth,prove}/**/*.test.ts",
            "tunnel-agent/test/**/*.test.ts",
          ],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        root,
        test: {
          name: "extension",
          include: ["test/extension/**/*.test.ts"],
          globalSetup: ["./test/extension/support/python-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        root,
        plugins: [
          cloudflareTest({
            main: "./src/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              cf: false,
              bindings: { ...TEST_BINDINGS, TEST_MIGRATIONS: await readD1Migrations("./drizzle") },
            },
          } as never),
        ],
        test: {
          name: "workerd",
          include: ["test/{storage,services,http,queue,durable}/**/*.test.ts"],
          setupFiles: ["./test/support/workerd/apply-migrations.ts"],
          isolate: false,
          testTimeout: 30_000,
        },
      },
    ],
  },
}));
