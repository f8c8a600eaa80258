/** What a bare submit shall do, as its benchmark says it. */
export interface BareSubmit {
  /** D1 calls altogether, the batch that writes among them. */
  readonly calls: number;
  /** Rows of the queue that one of the calls reads. */
  readonly ahead: number;
  readonly alias: string;
  /** The columns of the row to insert, but for its id, as a real submit stored them. */
  readonly job: Readonly<Record<string, string | number | null>>;
  readonly record: Readonly<Record<string, string | number | null>>;
}
