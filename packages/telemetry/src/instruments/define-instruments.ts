// SPDX-License-Identifier: Apache-2.0
import { prometheusName } from "./prometheus-name.ts";

/** A value of a label, as it stands in Prometheus text and in OTLP. */
export type LabelValue = string | boolean;

/**
 * The values that a label may have: the closed list of them, or `"any"` for names that users choose (queues, buckets).
 * Never ids, addresses or messages: each value is a time series for as long as the process runs.
 */
export type LabelValues = "any" | readonly LabelValue[];

interface Declaration {
  /** As OTLP carries it: words with dots, `airunner.jobs.enqueued.total`. */
  readonly name: string;
  /** UCUM (`ms`, `s`, `By`, `1`), or what is counted in braces (`{job}`). */
  readonly unit: string;
  /** One line, ends with a full stop. */
  readonly description: string;
  readonly labels?: Readonly<Record<string, LabelValues>>;
}

/** `counter` only grows; `updown` goes both ways; `gauge` is set; `observable` is a gauge that is asked at each collection. */
export interface ScalarDeclaration extends Declaration {
  readonly kind: "counter" | "updown" | "gauge" | "observable";
  /** Default: integers for `counter` and `updown`, decimals for the others. */
  readonly decimals?: boolean;
}

export interface HistogramDeclaration extends Declaration {
  readonly kind: "histogram";
  /** Ascending upper bounds (inclusive), in `unit`; what is above the last is counted too. */
  readonly buckets: readonly number[];
}

export type InstrumentDeclaration = ScalarDeclaration | HistogramDeclaration;

/** The instruments of an app under the names by which its code calls them. */
export type InstrumentTable = Readonly<Record<string, InstrumentDeclaration>>;

/** The OpenTelemetry limit of a name, and its characters. */
const namePattern = /^[a-z][a-z0-9_.]{0,254}$/;
const labelPattern = /^[a-z][a-z0-9_.]*$/;

/**
 * The one table of an app's instruments; its README's list and its recorders come from it.
 *
 * @throws {TypeError} on a bad or doubled name (also when two become one in Prometheus), or buckets out of order
 */
export function defineInstruments<const T extends InstrumentTable>(table: T): T {
  const seen = new Map<string, string>();
  for (const declaration of Object.values<InstrumentDeclaration>(table)) {
    checkDeclaration(declaration);
    const exposed = prometheusName(declaration);
    const other = seen.get(exposed);
    if (other !== undefined)
      throw new TypeError(
        `The instruments ${other} and ${declaration.name} are both ${exposed} in Prometheus.`,
      );
    seen.set(exposed, declaration.name);
  }
  return table;
}

function checkDeclaration(declaration: InstrumentDeclaration): void {
  const { name, description, labels = {} } = declaration;
  if (!namePattern.test(name))
    throw new TypeError(
      `The instrument name "${name}" must be lower-case words with dots, as in jobs.total.`,
    );
  if (!/^[^\n|]+\.$/.test(description))
    throw new TypeError(`The description of ${name} must be one line that ends with a full stop.`);
  for (const [label, values] of Object.entries(labels)) {
    if (!labelPattern.test(label) || label === "le")
      throw new TypeError(`The label "${label}" of ${name} must be lower-case letters, digits, _ and dots.`);
    if (values.length === 0) throw new TypeError(`The label "${label}" of ${name} has no values.`);
  }
  if (declaration.kind === "histogram") checkBuckets(name, declaration.buckets);
}

function checkBuckets(name: string, buckets: readonly number[]): void {
  const ascend = buckets.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > (buckets[index - 1] ?? bound)),
  );
  if (buckets.length === 0 || !ascend)
    throw new TypeError(`The buckets of ${name} must be finite numbers in ascending order.`);
}
