// SPDX-License-Identifier: Apache-2.0
import type { InstrumentDeclaration, InstrumentTable, LabelValues } from "./define-instruments.ts";
import { prometheusName } from "./prometheus-name.ts";

const kinds: Readonly<Record<InstrumentDeclaration["kind"], string>> = {
  counter: "counter",
  updown: "up-down counter",
  gauge: "gauge",
  observable: "gauge",
  histogram: "histogram",
};

/** The Markdown table of an app's instruments for its README, sorted by name. */
export function instrumentsTable(table: InstrumentTable): string {
  const rows = Object.values<InstrumentDeclaration>(table)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((each) =>
      row([
        `\`${each.name}\``,
        kinds[each.kind],
        `\`${each.unit}\``,
        labelsText(each.labels),
        each.description,
        `\`${prometheusName(each)}\``,
      ]),
    );
  return [
    row(["metric", "kind", "unit", "labels", "what", "in Prometheus"]),
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function labelsText(labels: Readonly<Record<string, LabelValues>> = {}): string {
  const texts = Object.entries(labels).map(([name, values]) =>
    values === "any" ? `\`${name}\`` : `\`${name}\` (${values.join(", ")})`,
  );
  return texts.length === 0 ? "–" : texts.join("; ");
}
