import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { signedImageUrl } from "../../src/domain/image-url.ts";
import { readTicket, writeTicket } from "../../src/domain/ticket.ts";

const KEY = "a-signing-key-of-some-length";
const FACTS = {
  id: "Abc123",
  keyId: "key_0123456789ABCDEF",
  alias: "My-Box.2_a",
  expiresAt: 5_000,
};
const ticket = writeTicket(FACTS, KEY);

describe("a ticket", () => {
  it("says what it was made with, in a text that a URL carries as it is", () => {
    expect(readTicket(ticket, FACTS.alias, 4_999, KEY)).toEqual(FACTS);
    expect(encodeURIComponent(ticket)).toBe(ticket);
    const longest = { ...FACTS, alias: "x".repeat(LIMITS.aliasCharsMax) };
    expect(writeTicket(longest, KEY).length).toBeLessThan(300);
  });

  it("opens nothing once it is over, and no other server", () => {
    expect(readTicket(ticket, FACTS.alias, 5_000, KEY)).toBeUndefined();
    expect(readTicket(ticket, "My-Box.2_b", 0, KEY)).toBeUndefined();
  });

  it("opens nothing when a single character of it differs", () => {
    for (let at = 0; at < ticket.length; at++) {
      const other = ticket[at] === "0" ? "1" : "0";
      const forged = ticket.slice(0, at) + other + ticket.slice(at + 1);
      expect(readTicket(forged, FACTS.alias, 0, KEY), forged).toBeUndefined();
    }
  });

  it.each(["", ".", "evt_", "evt_a.key_b.1.x.", `${ticket}0`, ticket.slice(0, -1), `x${ticket}`])(
    "is none when it has another form: %j",
    (text) => {
      expect(readTicket(text, FACTS.alias, 0, KEY)).toBeUndefined();
    },
  );

  it("is signed by this installation, and for nothing else than this", () => {
    expect(readTicket(writeTicket(FACTS, "another"), FACTS.alias, 0, KEY)).toBeUndefined();
    const url = signedImageUrl("", "download", ticket.slice(0, -65), 0, KEY);
    const signature = new URLSearchParams(url.split("?")[1]).get("signature") ?? "";
    const borrowed = `${ticket.slice(0, -64)}${signature.padEnd(64, "0")}`;
    expect(readTicket(borrowed, FACTS.alias, 0, KEY)).toBeUndefined();
  });
});
