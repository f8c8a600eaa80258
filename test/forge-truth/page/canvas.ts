import type { Locator } from "playwright-core";
import { stands } from "./inputs.ts";

/** A place in a picture, as fractions of its sides. */
export type Point = readonly [x: number, y: number];

const file = (name: string, buffer: Buffer) => ({ name, mimeType: "image/png", buffer });

/** Puts a picture on one of Forge's canvases, as a person who chooses a file. */
export async function putOnCanvas(canvas: Locator, name: string, bytes: Buffer): Promise<void> {
  await canvas.locator("input[type=file]").first().setInputFiles(file(name, bytes));
  const image = canvas.locator("img.forge-image");
  const isShown = async () => ((await image.getAttribute("src")) ?? "").startsWith("data:image/");
  await stands("the picture on a canvas", isShown, true);
  const isHandedOver = async () => (await readLayer(canvas, "background")) !== "";
  await stands("the picture's arrival", isHandedOver, true);
}

/** Puts a picture into one of Gradio's own fields. */
export async function putInField(field: Locator, name: string, bytes: Buffer): Promise<void> {
  await field.locator("input[type=file]").first().setInputFiles(file(name, bytes));
  await field.locator("img").first().waitFor();
}

/** A layer of a canvas: the picture, or what is drawn over it. */
export type CanvasLayer = "background" | "foreground";

/** What a canvas hands over for one of its layers: a data URL, or nothing. */
export async function readLayer(canvas: Locator, layer: CanvasLayer): Promise<string> {
  const id = await canvas.locator("canvas").first().getAttribute("id");
  const own = `#${id?.replace("drawingCanvas_", "")}.logical_image_${layer} textarea`;
  return canvas.page().locator(own).inputValue();
}

/** Draws a line with the mouse over the picture on a canvas. */
export async function stroke(canvas: Locator, from: Point, to: Point): Promise<void> {
  const { mouse } = canvas.page();
  const before = await readLayer(canvas, "foreground");
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.locator("img.forge-image").boundingBox();
  if (box === null) throw new Error("There is no picture to paint on");
  const at = ([x, y]: Point) => [box.x + x * box.width, box.y + y * box.height] as const;
  await mouse.move(...at(from));
  await mouse.down();
  await mouse.move(...at(to), { steps: 8 });
  await mouse.up();
  const hasArrived = async () => (await readLayer(canvas, "foreground")) !== before;
  await stands("the stroke's arrival", hasArrived, true);
}
