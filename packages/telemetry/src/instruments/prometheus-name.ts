// SPDX-License-Identifier: Apache-2.0

/** Words of UCUM units as OpenTelemetry's rules for Prometheus spell them. */
const unitWords: Readonly<Record<string, string>> = {
  d: "days",
  h: "hours",
  min: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  m: "meters",
  Cel: "celsius",
  "%": "percent",
};

/**
 * The name of an instrument in Prometheus text: dots become underscores, the unit's word is appended unless it is
 * there, then `_total` for counters; a gauge of unit `1` is a `_ratio`; what stands in braces is no unit.
 * `airunner.events.publish.duration` in `ms` is `airunner_events_publish_duration_milliseconds`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function prometheusName(declaration: {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
}): string {
  const { kind } = declaration;
  const isCounter = kind === "counter";
  const isGauge = kind === "gauge" || kind === "observable";
  let name = declaration.name.replaceAll(/[^a-zA-Z0-9]+/g, "_").replace(/_$/, "");
  if (isCounter) name = name.replace(/_total$/, "");
  const word = unitWord(declaration.unit) ?? (declaration.unit === "1" && isGauge ? "ratio" : undefined);
  if (word !== undefined && !name.endsWith(`_${word}`)) name = `${name}_${word}`;
  return isCounter ? `${name}_total` : name;
}

/** `By` is bytes, `By/s` bytes_per_second; a unit that is not in the table is left out. */
function unitWord(unit: string): string | undefined {
  const [amount = "", per] = unit.replaceAll(/\{[^}]*\}/g, "").split("/");
  const word = unitWords[amount];
  if (per === undefined) return word;
  const perWord = unitWords[per]?.replace(/s$/, "");
  if (perWord === undefined) return word;
  return word === undefined ? `per_${perWord}` : `${word}_per_${perWord}`;
}
