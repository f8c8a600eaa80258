import type { ServerMode, ServerOrders } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { createOrders } from "../../src/pipeline/orders.ts";

const at = (unload_requested_at: string | null): ServerOrders => ({
  mode: "active",
  unload_requested_at,
});
/** A link that tells each word once, as the real one does. */
function linkSaying(mode: ServerMode | null, unload: string | null = null) {
  let said = { mode, unload };
  return {
    takeMode() {
      const told = said.mode;
      said = { ...said, mode: null };
      return told;
    },
    takeUnload() {
      const told = said.unload;
      said = { ...said, unload: null };
      return told;
    },
  };
}

function openOrders() {
  const modes: ServerMode[] = [];
  return { orders: createOrders((mode) => modes.push(mode)), modes };
}

describe("what the owner of a box wants", () => {
  it("is what was heard last, by whichever way, and each change is told once", () => {
    const { orders, modes } = openOrders();
    expect(orders.mode()).toBeNull();
    orders.hear({ ...at(null), mode: "active" });
    const link = linkSaying("paused");
    orders.hearLink(link);
    expect(orders.mode()).toBe("paused");
    orders.hear({ ...at(null), mode: "active" });
    // Rounds go by: what the socket said before that answer does not come back.
    orders.hearLink(link);
    orders.hearLink(link);
    expect(orders.mode()).toBe("active");
    expect(modes).toEqual(["active", "paused", "active"]);
  });
});

describe("an order to unload", () => {
  it("of before this agent came is not its to carry out", () => {
    const { orders } = openOrders();
    orders.hear(at("2026-01-01T00:00:00Z"));
    expect(orders.isUnloadDue()).toBe(false);
  });

  it("is known by its time where no socket told of it, and carried out once", () => {
    const { orders } = openOrders();
    orders.hear(at(null));
    orders.hear(at("2026-01-01T00:00:00Z"));
    expect(orders.isUnloadDue()).toBe(true);
    orders.unloaded();
    orders.hear(at("2026-01-01T00:00:00Z"));
    expect(orders.isUnloadDue()).toBe(false);
  });

  it("that came both ways is carried out once, whichever way was quicker", () => {
    const [first, second] = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];
    const { orders } = openOrders();
    orders.hear(at(null));
    orders.hearLink(linkSaying(null, first));
    expect(orders.isUnloadDue()).toBe(true);
    orders.unloaded();
    orders.hear(at(first));
    expect(orders.isUnloadDue()).toBe(false);
    orders.hear(at(second));
    expect(orders.isUnloadDue()).toBe(true);
    orders.unloaded();
    for (const late of [second, first]) orders.hearLink(linkSaying(null, late));
    expect(orders.isUnloadDue()).toBe(false);
  });

  it("is not lost behind another whose word by socket was", () => {
    const { orders } = openOrders();
    orders.hear(at(null));
    orders.hearLink(linkSaying(null, "2026-01-01T00:00:00.000Z"));
    orders.unloaded();
    orders.hear(at("2026-01-02T00:00:00.000Z"));
    expect(orders.isUnloadDue()).toBe(true);
  });
});
