/** What one D1 statement cost, as D1 itself says. */
interface StatementCost {
  readonly sql: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** What the Worker did since it was last asked. */
export interface Counts {
  /** Method and path of every request, while all are counted. */
  readonly requests: readonly string[];
  /** D1 calls; a batch is one. */
  readonly calls: number;
  readonly costs: readonly StatementCost[];
}

/** The rows that D1 wrote. */
export function rowsWritten({ costs }: Counts): number {
  return costs.reduce((sum, cost) => sum + cost.rowsWritten, 0);
}
