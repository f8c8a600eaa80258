import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptByForge, lentBy, lentMore, ownValues } from "../../src/forge/lent-options.ts";

const OWN = {
  sd_model_checkpoint: "page.safetensors",
  forge_additional_modules: ["a.safetensors", "b.safetensors"],
  CLIP_stop_at_last_layers: 1,
  eta_noise_seed_delta: 0,
};

describe("options that a run changes", () => {
  it("are those with another value than the owner's, of the ones that this Forge has", () => {
    const overrides = { ...OWN, eta_noise_seed_delta: 31_337, unknown_here: true };
    expect(lentBy(overrides, OWN)).toEqual({ eta_noise_seed_delta: { own: 0, ours: 31_337 } });
  });

  it("do not count modules in another order, which are the same to Forge", () => {
    const swapped = { forge_additional_modules: ["b.safetensors", "a.safetensors"] };
    expect(lentBy(swapped, OWN)).toEqual({});
  });
});

describe("after a run", () => {
  const lent = lentBy({ ...OWN, CLIP_stop_at_last_layers: 2, eta_noise_seed_delta: 7 }, OWN);

  it("only what Forge kept is given back", () => {
    const shown = { ...OWN, eta_noise_seed_delta: 7 };
    expect(keptByForge(shown, lent)).toEqual({ eta_noise_seed_delta: 0 });
  });

  it("what a person chose meanwhile is left alone", () => {
    const shown = { ...OWN, CLIP_stop_at_last_layers: 5, eta_noise_seed_delta: 0 };
    expect(keptByForge(shown, lent)).toEqual({});
  });

  it("what a job left there is never taken for the owner's", () => {
    const shown = { ...OWN, CLIP_stop_at_last_layers: 2 };
    expect(ownValues(shown, lent)).toEqual(OWN);
  });

  it("an owner who chose another value since then is believed", () => {
    const shown = { ...OWN, CLIP_stop_at_last_layers: 4 };
    expect(ownValues(shown, lent)).toEqual(shown);
  });
});

describe("while one run is in Forge and the next is lent to", () => {
  const first = lentBy({ ...OWN, CLIP_stop_at_last_layers: 2 }, OWN);
  const both = lentMore(first, lentBy({ ...OWN, CLIP_stop_at_last_layers: 3 }, OWN));

  it.each([2, 3])(
    "neither's value (%i) is taken for the owner's, and each is given back",
    (ours) => {
      const shown = { ...OWN, CLIP_stop_at_last_layers: ours };
      expect(ownValues(shown, both)).toEqual(OWN);
      expect(keptByForge(shown, both)).toEqual({ CLIP_stop_at_last_layers: 1 });
    },
  );

  it("the owner is believed who chose another value meanwhile", () => {
    const shown = { ...OWN, CLIP_stop_at_last_layers: 4 };
    expect(ownValues(shown, both)).toEqual(shown);
  });

  it("what is the same for both is noted once", () => {
    expect(lentMore(first, first)).toEqual(first);
  });
});

it("giving back leaves the owner's options, whatever a job overrode and whatever Forge restored", () => {
  const value = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.string()));
  const options = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), value);
  fc.assert(
    fc.property(options, options, fc.func(fc.boolean()), (own, overrides, isRestored) => {
      const lent = lentBy(overrides, own);
      const applied = Object.entries(own).map(([name, mine]) => {
        const loan = lent[name];
        return [name, loan && !isRestored(name) ? loan.ours : mine];
      });
      const shown = Object.fromEntries(applied);
      expect({ ...shown, ...keptByForge(shown, lent) }).toEqual(own);
      expect(ownValues(shown, lent)).toEqual(own);
    }),
  );
});
