import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    interface Env {
      DB: D1Database;
      BUCKET: R2Bucket;
      WAKE: Queue;
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}
