// SPDX-License-Identifier: Apache-2.0
import type { HrTime } from "@opentelemetry/api";
import { type InstrumentationScope, millisToHrTime } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import type { CollectionResult, MetricData, MetricProducer } from "@opentelemetry/sdk-metrics";
import { type Instrument, instrumentsBehind } from "../instruments/recorders.ts";
import type { Temporality } from "../settings/telemetry-settings.ts";
import { ReaderState, readInstrument } from "./metric-data.ts";

export interface RecorderProducerOptions {
  /** Of {@link createRecorders}. */
  readonly recorders: object;
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly temporality: Temporality;
  /** When the values began to count, Unix milliseconds. */
  readonly startedAtMs: number;
}

/**
 * Feeds the values of recorders to one of the SDK's readers. Counters and histograms are given as differences where
 * the reader's temporality asks for them (`delta` and `lowmemory` are one here, as no counter is asynchronous).
 */
export class RecorderProducer implements MetricProducer {
  readonly #options: RecorderProducerOptions;
  readonly #states = new Map<Instrument, ReaderState>();
  readonly #isDelta: boolean;
  readonly #startTime: HrTime;
  #lastTime: HrTime;

  constructor(options: RecorderProducerOptions) {
    this.#options = options;
    this.#isDelta = options.temporality !== "cumulative";
    this.#startTime = millisToHrTime(options.startedAtMs);
    this.#lastTime = this.#startTime;
    for (const instrument of instrumentsBehind(options.recorders))
      this.#states.set(instrument, new ReaderState(this.#isDelta && isDeltaKind(instrument)));
  }

  async collect(): Promise<CollectionResult> {
    const endTime = millisToHrTime(Date.now());
    const since = this.#lastTime;
    this.#lastTime = endTime;
    const errors: unknown[] = [];
    const metrics: MetricData[] = [];
    for (const [instrument, state] of this.#states) {
      const window = { startTime: state.isDelta ? since : this.#startTime, endTime };
      try {
        const data = await readInstrument(instrument, window, state);
        if (data !== undefined) metrics.push(data);
      } catch (error) {
        errors.push(error);
      }
    }
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: this.#options.scope, metrics }];
    return { resourceMetrics: { resource: this.#options.resource, scopeMetrics }, errors };
  }
}

function isDeltaKind({ kind }: Instrument): boolean {
  return kind === "counter" || kind === "histogram";
}
