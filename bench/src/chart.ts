// SPDX-License-Identifier: Apache-2.0
import type { BenchReport } from "./harness.ts";

const WIDTH = 760;
const BAR_LEFT = 270;
const BAR_WIDTH = 370;
const ROW_HEIGHT = 26;
const GROUP_HEAD = 48;

/** Three significant digits, without a trailing point: 0.704, 12.3, 4,650. */
export function formatFigure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}

/** A bar chart of a report: medians as bars, the best round as a tick; readable on light and dark ground. */
export function toSvg(report: BenchReport): string {
  let top = 56;
  const body: string[] = [];
  for (const { title, unit, isMoreBetter, figures } of report.groups) {
    const hint = `${unit}, ${isMoreBetter ? "more" : "less"} is better`;
    body.push(text({ x: 16, y: top + 18, size: 14, weight: 600 }, `${title} (${hint})`));
    const largest = Math.max(...figures.map(({ median, best }) => Math.max(median, best)), Number.MIN_VALUE);
    for (const [index, { name, median, best }] of figures.entries()) {
      const y = top + 30 + index * ROW_HEIGHT;
      const length = Math.max(1, (median / largest) * BAR_WIDTH);
      const tick = BAR_LEFT + (best / largest) * BAR_WIDTH;
      body.push(
        text({ x: BAR_LEFT - 8, y: y + 14, anchor: "end" }, name),
        `<rect x="${BAR_LEFT}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2" fill="#4a7fb5"/>`,
        `<line x1="${tick.toFixed(1)}" x2="${tick.toFixed(1)}" y1="${y}" y2="${y + 18}" stroke="#d08c2e" stroke-width="2"/>`,
        text({ x: BAR_LEFT + length + 8, y: y + 14 }, formatFigure(median)),
      );
    }
    top += GROUP_HEAD + figures.length * ROW_HEIGHT;
  }
  const { cores, node } = report.machine;
  const subtitle = `median of ${report.rounds} rounds (tick: best), ${cores} cores, Node ${node.replace("v", "")}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" role="img">`,
    `<title>${escapeXml(report.title)}</title>`,
    `<g font-family="system-ui, sans-serif" fill="#7a828c">`,
    text({ x: 16, y: 26, size: 17, weight: 600 }, report.title),
    text({ x: 16, y: 46 }, subtitle),
    ...body,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

interface TextOptions {
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  readonly weight?: number;
  readonly anchor?: "start" | "end";
}

function text({ x, y, size = 12, weight = 400, anchor = "start" }: TextOptions, content: string): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
