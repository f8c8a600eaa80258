import type { ServerMode, ServerOrders } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { createOrders } from "../../src/pipeline/orders.ts";

const at = (unload_requested_at: string | null): ServerOrders => ({
  mode: "active",
  unload_requested_at,
});
const linkSaying = (mode: ServerMode | null, isUnload = false) => ({
  mode: () => mode,
  takeUnload: () => isUnload,
});

function openOrders() {
  const modes: ServerMode[] = [];
  return { orders: createOrders((mode) => modes.push(mode)), modes };
}

describe("what the owner of a box wants", () => {
  it("is what was heard last, by whichever way, and each change is told once", () => {
    const { orders, modes } = openOrders();
    expect(orders.mode()).toBeNull();
    orders.hear({ ...at(null), mode: "active" });
    orders.hearLink(linkSaying("paused"));
    orders.hearLink(linkSaying(null));
    expect(orders.mode()).toBe("paused");
    orders.hear({ ...at(null), mode: "active" });
    orders.hear({ ...at(null), mode: "active" });
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

  it("that the socket told is not carried out again when its time is heard later", () => {
    const { orders } = openOrders();
    orders.hear(at(null));
    orders.hearLink(linkSaying("active", true));
    expect(orders.isUnloadDue()).toBe(true);
    orders.unloaded();
    orders.hear(at("2026-01-01T00:00:00Z"));
    expect(orders.isUnloadDue()).toBe(false);
    orders.hear(at("2026-01-02T00:00:00Z"));
    expect(orders.isUnloadDue()).toBe(true);
  });
});
