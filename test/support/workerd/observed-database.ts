/** What a D1 statement is about to meet: nothing, an error instead of it, or an error after it has been done. */
type Fault = "before" | "after" | undefined;

interface Cost {
  readonly sql: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** A D1 binding that counts what it costs and fails where a test wants it to. Everything is really executed. */
export interface ObservedDatabase {
  readonly d1: D1Database;
  readonly statements: string[];
  /** What each statement that was executed cost, those of a batch one by one. */
  readonly costs: Cost[];
  /** Decides by the SQL whether an execution fails; unset: none does. */
  faultOf: ((sql: string) => Fault) | undefined;
  /** Waited for before each execution: where a test lets another request in between. */
  pauseBefore: ((sql: string, values: readonly unknown[]) => Promise<void>) | undefined;
  /** Forgets the counts; a fault stays. */
  startCounting(): void;
}

const isWrite = (sql: string) => /^\s*(insert|update|delete)/i.test(sql);

interface Known {
  readonly statement: D1PreparedStatement;
  readonly sql: string;
  readonly values: readonly unknown[];
}

class Observed implements ObservedDatabase {
  readonly statements: string[] = [];
  readonly costs: Cost[] = [];
  faultOf: ((sql: string) => Fault) | undefined;
  pauseBefore: ((sql: string, values: readonly unknown[]) => Promise<void>) | undefined;
  readonly d1: D1Database;

  constructor(real: D1Database) {
    const own: Pick<D1Database, "prepare" | "batch"> = {
      prepare: (sql) => this.#wrap(real.prepare(sql), sql, []),
      batch: async <T>(list: D1PreparedStatement[]) => {
        const known = list.map((one) => this.#known(one));
        const sql = known.map((one) => one.sql).join(";\n");
        const values = known.flatMap((one) => one.values);
        return this.#run(sql, values, async () => {
          const results = await real.batch<T>(known.map(({ statement }) => statement));
          for (const [at, result] of results.entries()) {
            this.#count(known[at]?.sql ?? "", result.meta);
          }
          return results;
        });
      },
    };
    this.d1 = own as D1Database;
  }

  startCounting(): void {
    this.statements.length = 0;
    this.costs.length = 0;
  }

  readonly #wrapped = new WeakMap<object, Known>();

  #known(wrapper: D1PreparedStatement) {
    const known = this.#wrapped.get(wrapper);
    if (!known) throw new Error("a statement of another database");
    return known;
  }

  #count(sql: string, meta: { rows_read?: number; rows_written?: number }): void {
    this.costs.push({ sql, rowsRead: meta.rows_read ?? 0, rowsWritten: meta.rows_written ?? 0 });
  }

  async #run<T>(sql: string, values: readonly unknown[], execute: () => Promise<T>): Promise<T> {
    this.statements.push(sql);
    await this.pauseBefore?.(sql, values);
    const fault = this.faultOf?.(sql);
    if (fault === "before") throw new Error("D1_ERROR: Network connection lost");
    const result = await execute();
    if (fault === "after") throw new Error("D1_ERROR: Network connection lost");
    return result;
  }

  #wrap(
    statement: D1PreparedStatement,
    sql: string,
    values: readonly unknown[],
  ): D1PreparedStatement {
    const counted = async <T>() => {
      const result = await statement.all<T>();
      this.#count(sql, result.meta);
      return result;
    };
    const wrapper: Pick<D1PreparedStatement, "bind" | "all" | "run" | "raw"> = {
      bind: (...bound) => this.#wrap(statement.bind(...bound), sql, bound),
      all: <T>() => this.#run(sql, values, () => counted<T>()),
      run: <T>() => this.#run(sql, values, () => counted<T>()),
      // D1 tells no costs with `raw`. A write's columns are those of one table, so objects keep their
      // order; a read is simply executed twice.
      raw: (async <T>() =>
        this.#run(sql, values, async () => {
          const result = await counted<Record<string, unknown>>();
          if (isWrite(sql)) return result.results.map((row) => Object.values(row));
          return statement.raw<T[]>();
        })) as D1PreparedStatement["raw"],
    };
    this.#wrapped.set(wrapper, { statement, sql, values });
    return wrapper as D1PreparedStatement;
  }
}

/** Wraps a D1 binding. */
export function observeDatabase(real: D1Database): ObservedDatabase {
  return new Observed(real);
}
