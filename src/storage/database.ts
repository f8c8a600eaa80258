import { sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

export type Database = DrizzleD1Database<typeof schema> & { readonly $client: D1Database };

/** The typed door to D1. Batches are its only transactions: D1 refuses BEGIN. */
export function openDatabase(d1: D1Database): Database {
  return drizzle(d1, { schema });
}

/** RFC 3339 UTC with milliseconds, which sorts as text. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** The part of an error that names D1 itself as the cause: worth a 503 and another try, never a 500. */
export function isDatabaseTrouble(error: unknown): boolean {
  const text = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : "";
  return /Network connection lost|storage caused object to be reset|because its code was updated|overloaded|D1 DB is (?:overloaded|storage)|timed? ?out/i.test(
    text,
  );
}

/** A look that costs nothing and proves that D1 answers. */
export async function pingDatabase(db: Database): Promise<void> {
  await db.run(sql`SELECT 1`);
}
