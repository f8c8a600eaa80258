import { mixColours } from "./palette.ts";
import { drawBetween, type Random } from "./random.ts";
import type { Canvas } from "./scene.ts";

/** Mountain ranges one behind the other, each hazier than the one in front. */
export function drawRidges(canvas: Canvas): string {
  const { horizon, height, unit, shape } = canvas;
  const layers = 4 + Math.floor(shape() * 2);
  const parts: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const depth = layer / (layers - 1);
    const base = horizon + (height - horizon) * (depth * 0.78 - 0.12);
    const relief = unit * (0.2 - depth * 0.06);
    const line = createRidgeLine(canvas.width, base, relief, 0.5 - depth * 0.06, shape);
    parts.push(fillBelow(canvas, line, depth, `ridge${layer}`));
  }
  return parts.join("\n") + drawBirds(canvas);
}

/** Rolling sand with a lit and a shaded side. */
export function drawDunes(canvas: Canvas): string {
  const { horizon, height, unit, width, shape } = canvas;
  const parts: string[] = [];
  for (let layer = 0; layer < 5; layer++) {
    const depth = layer / 4;
    const base = horizon + (height - horizon) * (depth * 0.85 - 0.04);
    const line = createSwell(width, base, unit * (0.05 + depth * 0.05), shape);
    parts.push(fillBelow(canvas, line, depth * 0.75, `dune${layer}`));
    const shade = line.map(([x, y], index): Point => [x, y + 2 + index * unit * 0.0016]);
    parts.push(
      `<path d="${formatLine(line)} ${formatLine(shade.reverse()).replace("M", "L")} Z"
        fill="${canvas.palette.light}" opacity="${(0.1 + 0.14 * (1 - depth)).toFixed(2)}"/>`,
    );
  }
  return parts.join("\n") + drawBirds(canvas);
}

/** Hills with rows of firs. */
export function drawForest(canvas: Canvas): string {
  const { horizon, height, unit, width, shape, detail } = canvas;
  const parts: string[] = [];
  for (let layer = 0; layer < 5; layer++) {
    const depth = layer / 4;
    const base = horizon + (height - horizon) * (depth * 0.8 - 0.16);
    const line = createRidgeLine(width, base, unit * 0.09, 0.45, shape);
    const size = unit * (0.03 + depth * 0.1);
    const firs: string[] = [];
    for (let x = -size; x < width + size; x += size * drawBetween(detail, 0.22, 0.62)) {
      const index = Math.round((x / width) * (line.length - 1));
      const ground = line[Math.min(line.length - 1, Math.max(0, index))]?.[1] ?? base;
      firs.push(createFir(x, ground + size * 0.2, size * drawBetween(detail, 0.6, 1.15)));
    }
    const colour = mixColours(canvas.palette.far, canvas.palette.near, depth);
    parts.push(`<path d="${firs.join("")}" fill="${colour}"/>`);
    parts.push(fillBelow(canvas, line, depth, `hill${layer}`));
  }
  return parts.join("\n") + drawBirds(canvas);
}

/** A calm sea with the light's path on it and an island. */
export function drawSea(canvas: Canvas): string {
  const { width, height, horizon, unit, sun, palette, shape, detail } = canvas;
  const island = createRidgeLine(width, horizon + unit * 0.03, unit * 0.12, 0.55, shape);
  const glints: string[] = [];
  for (let count = 0; count < 150; count++) {
    const depth = detail() ** 1.7;
    const y = horizon + 2 + depth * (height - horizon);
    const onPath = detail() < 0.62;
    const spread = onPath ? sun.radius * (1 + depth * 5) : width;
    const x = (onPath ? sun.x : width / 2) + (detail() + detail() - 1) * spread;
    const long = unit * (0.006 + depth * 0.05) * (0.4 + detail());
    const opacity = (onPath ? 0.55 : 0.16) * (1 - depth * 0.55);
    glints.push(
      `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${long.toFixed(1)}" ry="${(0.6 + (depth * unit) / 320).toFixed(1)}" opacity="${opacity.toFixed(2)}"/>`,
    );
  }
  const surface = mixColours(palette.sky[palette.sky.length - 1] ?? palette.far, palette.far, 0.5);
  return `${fillBelow(canvas, island, 0.35, "island")}
    <linearGradient id="water" x1="0" y1="0" x2="0" y2="1"><stop offset="0"
    stop-color="${surface}"/><stop offset="1" stop-color="${palette.near}"/></linearGradient>
    <rect y="${horizon}" width="${width}" height="${height - horizon}" fill="url(#water)"/>
    <g fill="${palette.light}">${glints.join("")}</g>${drawBirds(canvas)}`;
}

/** A skyline in three depths with lit windows. */
export function drawCity(canvas: Canvas): string {
  const { width, height, horizon, unit, palette, shape, detail } = canvas;
  const parts: string[] = [];
  for (let layer = 0; layer < 3; layer++) {
    const depth = layer / 2;
    const ground = horizon + (height - horizon) * (0.18 + depth * 0.82);
    const houses: string[] = [];
    const windows: string[] = [];
    for (let x = -unit * 0.05; x < width; ) {
      const wide = unit * drawBetween(shape, 0.05, 0.13) * (0.7 + depth * 0.6);
      const tall = unit * (0.12 + shape() ** 2 * 0.5) * (1.05 - depth * 0.35);
      const top = horizon + (height - horizon) * depth * 0.42 - tall * (0.85 - depth * 0.25);
      houses.push(
        `M${x.toFixed(1)} ${top.toFixed(1)}h${wide.toFixed(1)}V${height}H${x.toFixed(1)}Z`,
      );
      const grid = unit * (0.011 + depth * 0.005);
      for (let row = top + grid; row < ground && layer > 0; row += grid * 1.9) {
        for (let column = x + grid; column < x + wide - grid; column += grid * 1.7) {
          if (detail() > 0.68)
            windows.push(
              `M${column.toFixed(1)} ${row.toFixed(1)}h${(grid * 0.7).toFixed(1)}v${(grid * 0.9).toFixed(1)}h${(-grid * 0.7).toFixed(1)}Z`,
            );
        }
      }
      x += wide + unit * drawBetween(shape, 0, 0.02);
    }
    const colour = mixColours(palette.far, palette.near, 0.25 + depth * 0.75);
    parts.push(`<path d="${houses.join("")}" fill="${colour}"/>`);
    parts.push(`<path d="${windows.join("")}" fill="${palette.light}" opacity="0.6"/>`);
  }
  return parts.join("\n");
}

type Point = [x: number, y: number];

// Midpoint displacement: the rougher, the more a half keeps of its parent's height.
function createRidgeLine(
  width: number,
  base: number,
  relief: number,
  roughness: number,
  random: Random,
): Point[] {
  let heights = [random() - 0.5, random() - 0.3, random() - 0.5];
  let amount = 0.9;
  while (heights.length < 257) {
    const finer: number[] = [];
    for (let index = 0; index < heights.length - 1; index++) {
      const left = heights[index] ?? 0;
      const right = heights[index + 1] ?? 0;
      finer.push(left, (left + right) / 2 + (random() - 0.5) * amount);
    }
    finer.push(heights[heights.length - 1] ?? 0);
    heights = finer;
    amount *= roughness;
  }
  return heights.map((value, index) => [
    (index / (heights.length - 1)) * width,
    base - value * relief,
  ]);
}

function createSwell(width: number, base: number, relief: number, random: Random): Point[] {
  const phase = random() * 6.3;
  const waves = drawBetween(random, 0.6, 1.5);
  const lean = drawBetween(random, 0.2, 0.7);
  return Array.from({ length: 81 }, (_, index): Point => {
    const place = (index / 80) * waves * 6.3 + phase;
    const swell = Math.sin(place + lean * Math.sin(place)) + 0.25 * Math.sin(place * 2.3 + phase);
    return [(index / 80) * width, base - swell * relief];
  });
}

function createFir(x: number, ground: number, size: number): string {
  const half = size * 0.17;
  return `M${x.toFixed(1)} ${(ground - size).toFixed(1)}l${half.toFixed(1)} ${size.toFixed(1)}h${(-2 * half).toFixed(1)}Z`;
}

function formatLine(points: Point[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

// The foot of each layer fades towards the horizon's colour: that is what reads as haze.
function fillBelow(canvas: Canvas, line: Point[], depth: number, id: string): string {
  const { width, height, palette } = canvas;
  const top = Math.min(...line.map(([, y]) => y));
  const colour = mixColours(palette.far, palette.near, depth);
  const haze = mixColours(colour, palette.sky[palette.sky.length - 1] ?? colour, 0.5 * (1 - depth));
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="0" y1="${top.toFixed(1)}"
    x2="0" y2="${(top + (height - top) * (0.45 + depth)).toFixed(1)}"><stop offset="0"
    stop-color="${colour}"/><stop offset="1" stop-color="${haze}"/></linearGradient>
    <path d="${formatLine(line)}L${width} ${height}L0 ${height}Z" fill="url(#${id})"/>`;
}

function drawBirds({ width, horizon, unit, palette, detail }: Canvas): string {
  const birds: string[] = [];
  const x = width * drawBetween(detail, 0.15, 0.8);
  const y = horizon * drawBetween(detail, 0.25, 0.6);
  for (let count = Math.floor(detail() * 7); count > 0; count--) {
    const span = unit * drawBetween(detail, 0.008, 0.017);
    const left = x + (detail() - 0.5) * unit * 0.3;
    const level = y + (detail() - 0.5) * unit * 0.12;
    birds.push(
      `M${left.toFixed(1)} ${level.toFixed(1)}q${(span / 2).toFixed(1)} ${(-span / 2).toFixed(1)} ${span.toFixed(1)} 0q${(span / 2).toFixed(1)} ${(-span / 2).toFixed(1)} ${span.toFixed(1)} 0`,
    );
  }
  return `<path d="${birds.join("")}" fill="none" stroke="${palette.near}"
    stroke-width="${(unit * 0.0022).toFixed(2)}" stroke-linecap="round" opacity="0.75"/>`;
}
