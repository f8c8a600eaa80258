import type { ImageMime } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { beginsAs, SIGNATURE_BYTES } from "../../src/domain/picture-type.ts";
import { jpegOf, pngOf, webpOf } from "../support/example-pictures.ts";

const PICTURES: Record<ImageMime, Uint8Array> = {
  "image/png": pngOf(8, 8),
  "image/jpeg": jpegOf(8, 8),
  "image/webp": webpOf(8, 8),
};

it.each(Object.keys(PICTURES) as ImageMime[])("knows a %s by its first bytes alone", (mime) => {
  for (const [other, bytes] of Object.entries(PICTURES)) {
    expect(beginsAs(mime, bytes.slice(0, SIGNATURE_BYTES))).toBe(other === mime);
  }
});

it.each(["", "<svg xmlns", "<!doctype html>", "GIF89a......", "RIFF....AVI ", "RIFF"])(
  "takes %j for no picture",
  (text) => {
    const head = new TextEncoder().encode(text);
    for (const mime of Object.keys(PICTURES) as ImageMime[])
      expect(beginsAs(mime, head)).toBe(false);
  },
);
