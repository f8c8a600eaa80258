import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import * as z from "zod";

/** The parts of `wrangler.toml` that a Worker on this machine needs. */
const WranglerToml = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  assets: z.object({
    not_found_handling: z.enum(["none", "single-page-application", "404-page"]),
    run_worker_first: z.array(z.string()),
  }),
  d1_databases: z.array(
    z.object({ binding: z.string(), database_id: z.string(), migrations_dir: z.string() }),
  ),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })),
  queues: z.object({
    producers: z.array(z.object({ binding: z.string(), queue: z.string() })),
    consumers: z.array(
      z.object({
        queue: z.string(),
        max_batch_size: z.number(),
        max_batch_timeout: z.number(),
        max_retries: z.number().optional(),
        retry_delay: z.number().optional(),
        dead_letter_queue: z.string().optional(),
      }),
    ),
  }),
  durable_objects: z.object({
    bindings: z.array(z.object({ name: z.string(), class_name: z.string() })),
  }),
  triggers: z.object({ crons: z.array(z.string()) }),
});
export type WorkerConfig = z.infer<typeof WranglerToml>;

/** Reads `wrangler.toml`, so that a binding or a queue is written down once. Throws when a part is missing. */
export function readWorkerConfig(path: string): WorkerConfig {
  return WranglerToml.parse(parse(readFileSync(path, "utf8")));
}
