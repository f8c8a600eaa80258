import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("../../../src/worker.ts");
    }
    interface Env {
      DB: D1Database;
      BUCKET: R2Bucket;
      WAKE: Queue;
      HUB: DurableObjectNamespace<import("../../../src/worker.ts").ServerHub>;
      KEY_PEPPER: string;
      URL_SIGNING_KEY: string;
      SETUP_TOKEN: string;
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}
