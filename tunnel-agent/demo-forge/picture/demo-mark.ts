// Letters on a grid of 4 by 6, as strokes: a font may be missing on the machine.
const LETTERS = [
  "M0 0V6H2Q4 6 4 3T2 0Z",
  "M4 0H0V6H4M0 3H3.2",
  "M0 6V0L2 3.4L4 0V6",
  "M2 0Q0 0 0 3T2 6T4 3T2 0Z",
];

const ADVANCE = 6;

/** Writes DEMO into the lower right corner, small and half transparent, as SVG. */
export function drawDemoMark(width: number, height: number): string {
  const scale = Math.min(width, height) / 260;
  const markWidth = (LETTERS.length * ADVANCE + 5) * scale;
  const markHeight = 13 * scale;
  const margin = 5 * scale;
  const left = width - markWidth - margin;
  const top = height - markHeight - margin;
  const letters = LETTERS.map(
    (path, index) => `<path d="${path}" transform="translate(${3.5 + index * ADVANCE} 3.5)"/>`,
  );
  return `<g transform="translate(${left.toFixed(1)} ${top.toFixed(1)}) scale(${scale.toFixed(3)})">
    <rect width="${LETTERS.length * ADVANCE + 5}" height="13" rx="3" fill="#000" opacity="0.28"/>
    <g fill="none" stroke="#fff" stroke-width="1.05" stroke-linecap="round"
    stroke-linejoin="round" opacity="0.85">${letters.join("")}</g></g>`;
}
