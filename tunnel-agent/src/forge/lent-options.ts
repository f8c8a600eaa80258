/** Options that a run overrides, and what the owner had there before. */
export type Lent = Readonly<Record<string, { readonly own: unknown; readonly ours: unknown }>>;

type Values = Readonly<Record<string, unknown>>;

/** Lists of modules are sets to Forge; a whole number is the same with and without its point. */
function isSame(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (Array.isArray(value) ? [...value].map(String).sort() : value);
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/** What the owner has, out of what Forge shows: a value that a run of ours left there is not the owner's. */
export function ownValues(shown: Values, lent: Lent): Values {
  const own = Object.entries(shown).map(([name, value]) => {
    const loan = lent[name];
    return [name, loan && isSame(value, loan.ours) ? loan.own : value];
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

/**
 * What must be given back after a run: Forge restores only options that its config holds, so one that it
 * never stored still has our value (forge-reference 1.6.1).
 */
export function keptByForge(shown: Values, lent: Lent): Values {
  const kept = Object.entries(lent).filter(
    ([name, { own, ours }]) => isSame(shown[name], ours) && !isSame(own, ours),
  );
  return Object.fromEntries(kept.map(([name, { own }]) => [name, own]));
}
