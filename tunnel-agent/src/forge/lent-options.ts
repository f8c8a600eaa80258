/** An option that runs of ours override. */
export interface Loan {
  /** What the owner had there before. */
  readonly own: unknown;
  /** What the newest run has there. */
  readonly ours: unknown;
  /** What earlier runs had there, of which one may still be in Forge. */
  readonly earlier?: readonly unknown[] | undefined;
}

/** By the option's name. */
export type Lent = Readonly<Record<string, Loan>>;

type Values = Readonly<Record<string, unknown>>;

/** Lists of modules are sets to Forge; a whole number is the same with and without its point. */
function isSame(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (Array.isArray(value) ? [...value].map(String).sort() : value);
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

const isOurs = (value: unknown, { ours, earlier = [] }: Loan) =>
  [ours, ...earlier].some((one) => isSame(value, one));

/** What the owner has, out of what Forge shows: a value that a run of ours left there is not the owner's. */
export function ownValues(shown: Values, lent: Lent): Values {
  const own = Object.entries(shown).map(([name, value]) => {
    const loan = lent[name];
    return [name, loan && isOurs(value, loan) ? loan.own : value];
  });
  return Object.fromEntries(own);
}

/** What a request with these overrides changes for as long as it runs, or longer. */
export function lentBy(overrides: Values, own: Values): Lent {
  const changed = Object.keys(overrides).filter(
    (name) => name in own && !isSame(overrides[name], own[name]),
  );
  return Object.fromEntries(
    changed.map((name) => [name, { own: own[name], ours: overrides[name] }]),
  );
}

/** All that is lent once another request is to change some options too, while earlier ones may still run. */
export function lentMore(lent: Lent, more: Lent): Lent {
  const added = Object.entries(more).map(([name, loan]): [string, Loan] => {
    const before = lent[name];
    if (before === undefined) return [name, loan];
    const earlier = [before.ours, ...(before.earlier ?? [])].filter(
      (one) => !isSame(one, loan.ours),
    );
    return [name, earlier.length === 0 ? loan : { ...loan, earlier }];
  });
  return { ...lent, ...Object.fromEntries(added) };
}

/**
 * What must be given back after a run: Forge restores only options that its config holds, so one that it
 * never stored still has our value (forge-reference 1.6.1).
 */
export function keptByForge(shown: Values, lent: Lent): Values {
  const kept = Object.entries(lent).filter(
    ([name, loan]) => isOurs(shown[name], loan) && !isSame(shown[name], loan.own),
  );
  return Object.fromEntries(kept.map(([name, { own }]) => [name, own]));
}
