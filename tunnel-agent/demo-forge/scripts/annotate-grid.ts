import sharp, { type OverlayOptions } from "sharp";
import type { Pixels } from "../picture/pixels.ts";
import { openPixels, readPixels } from "../picture/render.ts";

const ACTIVE = "#000000";
const INACTIVE = "#999999";

/**
 * Gives a grid the head and the side in which Forge writes which parts of the prompt each column
 * and row has. Where Forge writes words the demo draws a bar for each part, black where it is used.
 * The size is Forge's, but for the height of its letters.
 */
export async function annotateGrid(
  grid: Pixels,
  cell: Pixels,
  parts: readonly string[],
  margin: number,
): Promise<Pixels> {
  const boundary = Math.ceil(parts.length / 2);
  const [across, down] = [boundary, parts.length - boundary];
  const [columns, rows] = [grid.width / cell.width, grid.height / cell.height];
  const letters = Math.floor((cell.width + cell.height) / 25);
  const left = down === 0 ? 0 : Math.floor((cell.width * 3) / 4);
  const spacing = Math.floor(letters / 2);
  const line = Math.round(letters * 0.8);
  const top = across === 0 ? spacing : across * (line + spacing) - spacing + spacing * 2;
  const width = grid.width + left + margin * (columns - 1);
  const height = grid.height + top + margin * (rows - 1);
  const bars: string[] = [];
  const drawBars = (count: number, active: number, x: number, y: number, long: number) => {
    for (let bit = 0; bit < count; bit++) {
      const colour = active & (1 << bit) ? ACTIVE : INACTIVE;
      const level = y + bit * (line + spacing);
      bars.push(
        `<rect x="${x - long / 2}" y="${level}" width="${long}" height="${line}" fill="${colour}"/>`,
      );
    }
  };
  const layers: OverlayOptions[] = [];
  for (let index = 0; index < columns * rows; index++) {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const x = left + (cell.width + margin) * column;
    const y = top + (cell.height + margin) * row;
    const region = { left: column * cell.width, top: row * cell.height };
    const size = { width: cell.width, height: cell.height };
    const input = (await readPixels(openPixels(grid).extract({ ...region, ...size }))).data;
    layers.push({ input, raw: { ...size, channels: 3 }, left: x, top: y });
    if (row === 0) drawBars(across, column, x + cell.width / 2, spacing, cell.width * 0.6);
    if (column === 0) drawBars(down, row, left / 2, y + cell.height / 2, left * 0.6);
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${bars.join("")}</svg>`;
  const sheet = sharp({ create: { width, height, channels: 3, background: "#ffffff" } });
  return readPixels(sheet.composite([{ input: Buffer.from(svg) }, ...layers]));
}
