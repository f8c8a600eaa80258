import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

// The files share one isolate, which saves half of the time; each begins with an empty queue all the same.
await reset();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
