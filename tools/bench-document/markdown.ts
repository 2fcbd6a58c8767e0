// SPDX-License-Identifier: Apache-2.0

import { formatFigure } from "@repo/bench";
import { z } from "zod";

const reportSchema = z.object({
  title: z.string(),
  rounds: z.number(),
  measuredAt: z.string(),
  machine: z.object({ cores: z.number(), processor: z.string(), node: z.string() }),
  notes: z.array(z.string()),
  groups: z.array(
    z.object({
      title: z.string(),
      unit: z.string(),
      figures: z.array(z.object({ name: z.string(), median: z.number(), samples: z.array(z.number()) })),
    }),
  ),
});

type Report = z.output<typeof reportSchema>;
type Group = Report["groups"][number];

/** A committed report as Markdown: a table for each race, its notes, and its chart. */
export function toMarkdown(json: string, chart: string): string {
  const report = reportSchema.parse(JSON.parse(json));
  const { cores, processor, node } = report.machine;
  const when = report.measuredAt.slice(0, 10);
  return [
    `### ${report.title}`,
    `${when}, ${cores} cores (${processor.trim()}), Node ${node.replace("v", "")}, median of ${report.rounds} rounds (least – most). [Chart](${chart})`,
    ...byRace(report.groups).map(([race, groups]) => toTable(race, groups)),
    report.notes.map((note) => `- ${note}`).join("\n"),
  ].join("\n\n");
}

/** Groups of one race differ in what follows the last colon of their title. */
function byRace(groups: readonly Group[]): readonly (readonly [string, readonly Group[]])[] {
  const races = new Map<string, Group[]>();
  for (const group of groups) {
    const race = splitTitle(group.title).race;
    races.set(race, [...(races.get(race) ?? []), group]);
  }
  return [...races];
}

function splitTitle(title: string): { readonly race: string; readonly view: string } {
  const at = title.lastIndexOf(": ");
  return at === -1 ? { race: title, view: "" } : { race: title.slice(0, at), view: title.slice(at + 2) };
}

function toTable(race: string, groups: readonly Group[]): string {
  const heads = groups.map(({ title, unit }) => [splitTitle(title).view, unit].filter(Boolean).join(", "));
  const names = groups[0]?.figures.map(({ name }) => name) ?? [];
  const rows = names.map((name) => [name].concat(groups.map((group) => cell(group, name))));
  return [[race, ...heads], ["---", ...heads.map(() => "---:")], ...rows]
    .map((cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function cell({ figures }: Group, name: string): string {
  const figure = figures.find((candidate) => candidate.name === name);
  if (figure === undefined) return "";
  const { median, samples } = figure;
  return `${formatFigure(median)} (${formatFigure(Math.min(...samples))} – ${formatFigure(Math.max(...samples))})`;
}
