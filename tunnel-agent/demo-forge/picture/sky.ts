import { drawBetween } from "./random.ts";
import type { Canvas } from "./scene.ts";

/** Draws everything above the land: gradient, stars, sun or moon, clouds, aurora. */
export function drawSky(canvas: Canvas): string {
  const parts = [drawGradient(canvas)];
  if (canvas.palette.isDark) parts.push(drawStars(canvas));
  parts.push(drawSun(canvas));
  parts.push(canvas.palette.isDark ? drawAurora(canvas) : drawClouds(canvas));
  return parts.join("\n");
}

function drawGradient({ width, horizon, height, palette }: Canvas): string {
  const stops = palette.sky.map((colour, index) => {
    const offset = index / (palette.sky.length - 1);
    return `<stop offset="${offset}" stop-color="${colour}"/>`;
  });
  return `<linearGradient id="sky" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0"
    y2="${horizon}">${stops.join("")}</linearGradient>
    <rect width="${width}" height="${height}" fill="url(#sky)"/>`;
}

function drawStars({ width, horizon, unit, palette, detail }: Canvas): string {
  const stars: string[] = [];
  for (let count = 0; count < 170; count++) {
    const x = (detail() * width).toFixed(1);
    const y = (detail() ** 1.4 * horizon).toFixed(1);
    const radius = (unit * (0.0006 + detail() ** 6 * 0.0026)).toFixed(2);
    const opacity = drawBetween(detail, 0.25, 0.95).toFixed(2);
    stars.push(`<circle cx="${x}" cy="${y}" r="${radius}" opacity="${opacity}"/>`);
  }
  return `<g fill="${palette.light}">${stars.join("")}</g>`;
}

function drawSun({ sun, width, height, palette }: Canvas): string {
  const glow = sun.radius * (palette.isDark ? 5 : 8);
  return `<radialGradient id="glow" gradientUnits="userSpaceOnUse" cx="${sun.x}" cy="${sun.y}"
    r="${glow}"><stop offset="0" stop-color="${palette.light}" stop-opacity="0.85"/>
    <stop offset="0.25" stop-color="${palette.light}" stop-opacity="0.34"/>
    <stop offset="1" stop-color="${palette.light}" stop-opacity="0"/></radialGradient>
    <rect width="${width}" height="${height}" fill="url(#glow)"/>
    <circle cx="${sun.x}" cy="${sun.y}" r="${sun.radius}" fill="${palette.light}"/>`;
}

function drawClouds({ width, horizon, unit, palette, shape, detail }: Canvas): string {
  const puffs: string[] = [];
  const banks = 3 + Math.floor(shape() * 3);
  for (let bank = 0; bank < banks; bank++) {
    const centre = shape() * width;
    const level = horizon * drawBetween(shape, 0.12, 0.78);
    for (let puff = 0; puff < 14; puff++) {
      const x = centre + (detail() + detail() - 1) * width * 0.3;
      const y = level + (detail() - 0.5) * unit * 0.05;
      const long = unit * drawBetween(detail, 0.07, 0.2);
      const thick = long * drawBetween(detail, 0.08, 0.2);
      puffs.push(
        `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${long.toFixed(1)}" ry="${thick.toFixed(1)}"/>`,
      );
    }
  }
  return `<radialGradient id="puff"><stop offset="0" stop-color="${palette.light}"
    stop-opacity="0.34"/><stop offset="1" stop-color="${palette.light}" stop-opacity="0"/>
    </radialGradient><g fill="url(#puff)">${puffs.join("")}</g>`;
}

function drawAurora({ width, horizon, palette, shape }: Canvas): string {
  const strips: string[] = [];
  const colour = palette.sky[palette.sky.length - 1] ?? palette.light;
  for (let curtain = 0; curtain < 2; curtain++) {
    const phase = shape() * 6.3;
    const waves = drawBetween(shape, 1.1, 2.3);
    const base = horizon * drawBetween(shape, 0.5, 0.8);
    const count = 160;
    for (let index = 0; index < count; index++) {
      const place = index / count;
      const swing = Math.sin(place * waves * 6.3 + phase) + 0.4 * Math.sin(place * 17 + phase * 2);
      const foot = base + swing * horizon * 0.09;
      const tall = horizon * (0.3 + 0.16 * Math.sin(place * 23 + phase) + 0.06 * shape());
      const opacity = (0.14 + 0.13 * Math.sin(place * 9 + phase)) * Math.sin(place * Math.PI);
      strips.push(
        `<rect x="${(place * width).toFixed(2)}" y="${(foot - tall).toFixed(1)}" width="${((3 * width) / count).toFixed(1)}" height="${tall.toFixed(1)}" opacity="${Math.max(0, opacity).toFixed(3)}"/>`,
      );
    }
  }
  return `<linearGradient id="curtain" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="${colour}" stop-opacity="0"/>
    <stop offset="0.75" stop-color="${colour}" stop-opacity="0.9"/>
    <stop offset="1" stop-color="${palette.light}" stop-opacity="0"/></linearGradient>
    <g fill="url(#curtain)">${strips.join("")}</g>`;
}
