// SPDX-License-Identifier: Apache-2.0

/** One gauge with one sample. */
export interface Gauge {
  /** Letters, digits and underscores. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Gauges in Prometheus' text format, version 0.0.4.
 *
 * ```
 * # HELP s3_sync_duration_seconds How long the last run took.
 * # TYPE s3_sync_duration_seconds gauge
 * s3_sync_duration_seconds 12.5
 * ```
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function toExposition(gauges: readonly Gauge[]): string {
  return gauges.map(toLines).join("");
}

function toLines({ name, help, value, labels = {} }: Gauge): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  const series = pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} gauge\n${series} ${toNumber(value)}\n`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

function toNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
