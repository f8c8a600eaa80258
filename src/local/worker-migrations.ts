import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalDatabase } from "./worker-runtime.ts";

/** Wrangler's own book of what was applied, so that either may migrate after the other. */
const CREATE_BOOK = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** What drizzle-kit writes between two statements. */
const BREAKPOINT = "--> statement-breakpoint";

/**
 * Applies the migrations of a folder that the database does not have yet, in the order of their names.
 * Each goes in whole or not at all. Answers the names of those that were applied now.
 */
export async function applyMigrations(db: LocalDatabase, folder: string): Promise<string[]> {
  await db.prepare(CREATE_BOOK).run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const known = new Set(results.map(({ name }) => name));
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql") && !known.has(name));
  names.sort();
  for (const name of names) {
    const statements = readFileSync(join(folder, name), "utf8")
      .split(BREAKPOINT)
      .filter((statement) => statement.trim() !== "");
    const note = db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    await db.batch([...statements.map((statement) => db.prepare(statement)), note]);
  }
  return names;
}
