import { randomBytes } from "node:crypto";
import { LIMITS } from "@mobilesd/contract";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { bytesOfDataUri, shrinkPicture } from "../../src/images/live-picture.ts";

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "teal" } })
    .png()
    .toBuffer();

describe("a picture for the socket", () => {
  it.each([
    ["large and wide", 2048, 1024, 384, 192],
    ["large and high", 100, 1000, 38, 384],
    ["small", 64, 96, 64, 96],
  ])("that is %s keeps its shape and is never made larger", async (_how, w, h, width, height) => {
    const small = await shrinkPicture(await flat(w, h));
    expect(small).toMatchObject({ width, height });
    const metadata = await sharp(small?.webp).metadata();
    expect(metadata).toMatchObject({ format: "webp", width, height });
  });

  it("of noise still fits a message", async () => {
    const side = LIMITS.livePreviewSidePixels;
    const raw = { width: side, height: side, channels: 3 } as const;
    const noise = await sharp(randomBytes(side * side * 3), { raw })
      .png()
      .toBuffer();
    const small = await shrinkPicture(noise);
    const characters = small?.webp.toString("base64").length ?? 0;
    expect(characters).toBeGreaterThan(0);
    expect(characters).toBeLessThanOrEqual(LIMITS.livePreviewCharsMax);
  });

  it("that is damaged is none", async () => {
    expect(await shrinkPicture(Buffer.from("no picture"))).toBe(null);
    expect(await shrinkPicture((await flat(64, 64)).subarray(0, 60))).toBe(null);
  });

  it("comes from Forge as a data URI, and from nothing else", () => {
    expect(bytesOfDataUri("data:image/png;base64,QUJD")?.toString()).toBe("ABC");
    expect(bytesOfDataUri("data:image/jpeg;base64,")?.length).toBe(0);
    for (const other of ["", "QUJD", "data:image/png,QUJD", "https://a/b;base64,QUJD"]) {
      expect(bytesOfDataUri(other)).toBe(null);
    }
  });
});
