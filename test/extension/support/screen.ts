import type { Page } from "playwright-core";
import sharp from "sharp";
import { writeNumber, writeText } from "../../forge-truth/page/inputs.ts";

/** What of a text field is used here; these tests know no page's types. */
interface TextArea {
  value: string;
  dispatchEvent(event: Event): boolean;
}

const DATA_URL = "data:image/png;base64,";

/** Sets text and number fields by their element's id. */
export async function setFields(
  page: Page,
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  for (const [elemId, value] of Object.entries(values)) {
    const field = page.locator(`#${elemId}`);
    await (typeof value === "number" ? writeNumber(field, value) : writeText(field, value));
  }
}

/**
 * Puts a picture into one layer of the first canvas in `part`, as Forge's canvas does it: as a data URL in a
 * hidden text field.
 */
export async function putOnCanvas(
  page: Page,
  part: string,
  layer: "background" | "foreground",
  png: Buffer,
): Promise<void> {
  const area = page.locator(`${part} .logical_image_${layer} textarea`).first();
  await area.evaluate((element: TextArea, url) => {
    element.value = url;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }, DATA_URL + png.toString("base64"));
}

/** What lies in one layer of the first canvas in `part`; empty without a picture. */
export function canvasValue(
  page: Page,
  part: string,
  layer: "background" | "foreground",
): Promise<string> {
  return page.locator(`${part} .logical_image_${layer} textarea`).first().inputValue();
}

/** The pixels of a picture as RGBA, from PNG bytes, base64 or a data URL. */
export async function pixelsOf(picture: Buffer | string): Promise<Buffer> {
  const bytes =
    typeof picture === "string"
      ? Buffer.from(picture.replace(/^data:image\/\w+;base64,/, ""), "base64")
      : picture;
  return sharp(bytes).toColourspace("srgb").ensureAlpha().raw().toBuffer();
}

/** A picture of two colours, so that no part of it is like another size of it. */
export function twoColours(width: number, height: number, left: string): Promise<Buffer> {
  const half = Math.floor(width / 2);
  return sharp({ create: { width: half, height, channels: 3, background: left } })
    .extend({ right: width - half, background: "#204060" })
    .png()
    .toBuffer();
}

/** A drawing layer: clear but for a stroke over its left third. */
export function strokeLayer(width: number, height: number): Promise<Buffer> {
  const stroke = Math.floor(width / 3);
  const clear = { r: 0, g: 0, b: 0, alpha: 0 };
  return sharp({
    create: { width: stroke, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 1 } },
  })
    .extend({ right: width - stroke, background: clear })
    .png()
    .toBuffer();
}
