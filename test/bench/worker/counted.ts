import { type ObservedDatabase, observeDatabase } from "../../support/workerd/observed-database.ts";
import type { Counts } from "../counts.ts";

interface WithDatabase {
  readonly DB: D1Database;
}

/**
 * Counts what D1 does: for requests that ask for it, or for everything, the hubs' own looks too. What is not
 * counted meets D1 itself, so that counting slows nothing timed.
 */
export class Counter {
  /** Whether everything is counted, requests among it. */
  isCountingAll = false;
  readonly #databases = new Map<D1Database, ObservedDatabase>();
  readonly #counted = new WeakMap<object, object>();
  readonly #inTurn = new WeakMap<object, object>();
  readonly #requests: string[] = [];

  /** An environment like `raw` whose database is counted. */
  counted<E extends WithDatabase>(raw: E): E {
    return likenessOf(raw, this.#counted, () => this.#observed(raw.DB).d1);
  }

  /** An environment like `raw` whose database is counted while all are: for what lives longer than a request. */
  countedInTurn<E extends WithDatabase>(raw: E): E {
    return likenessOf(raw, this.#inTurn, () => {
      const now = () => (this.isCountingAll ? this.#observed(raw.DB).d1 : raw.DB);
      const inTurn: Pick<D1Database, "prepare" | "batch"> = {
        prepare: (sql) => now().prepare(sql),
        batch: (statements) => now().batch(statements),
      };
      return inTurn as D1Database;
    });
  }

  note({ method, url }: Request): void {
    if (this.isCountingAll) this.#requests.push(`${method} ${new URL(url).pathname}`);
  }

  /** What was counted since it was last asked. */
  take(): Counts {
    const all = [...this.#databases.values()];
    const counts = {
      requests: this.#requests.splice(0),
      calls: all.reduce((sum, { statements }) => sum + statements.length, 0),
      costs: all.flatMap(({ costs }) => [...costs]),
    };
    for (const database of all) database.startCounting();
    return counts;
  }

  #observed(d1: D1Database): ObservedDatabase {
    const known = this.#databases.get(d1) ?? observeDatabase(d1);
    this.#databases.set(d1, known);
    return known;
  }
}

/** The Worker remembers what it made of an environment, so each has one likeness of a kind. */
function likenessOf<E extends WithDatabase>(
  raw: E,
  known: WeakMap<object, object>,
  database: () => D1Database,
): E {
  const likeness = known.get(raw) ?? { ...raw, DB: database() };
  known.set(raw, likeness);
  return likeness as E;
}
