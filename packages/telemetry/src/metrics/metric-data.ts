// SPDX-License-Identifier: Apache-2.0
import { type HrTime, ValueType } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import type { HistogramCell } from "../instruments/cells.ts";
import type { InstrumentDeclaration } from "../instruments/define-instruments.ts";
import type { Instrument } from "../instruments/recorders.ts";
import type { Series } from "../instruments/series.ts";
import { HistogramDelta, SumDelta } from "./deltas.ts";

export interface Window {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** What one reader remembers of an instrument between collections; empty when it reads sums from the start. */
export class ReaderState {
  readonly isDelta: boolean;
  readonly sums = new SumDelta();
  readonly histograms = new HistogramDelta();

  constructor(isDelta: boolean) {
    this.isDelta = isDelta;
  }

  get temporality(): AggregationTemporality {
    return this.isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  }
}

/**
 * The present values of an instrument in the SDK's form; `undefined` when it has none yet.
 *
 * @throws what the callback of an observable throws
 */
export async function readInstrument(
  instrument: Instrument,
  window: Window,
  state: ReaderState,
): Promise<MetricData | undefined> {
  const data = await readData(instrument, window, state);
  return data.dataPoints.length === 0 ? undefined : data;
}

async function readData(instrument: Instrument, window: Window, state: ReaderState): Promise<MetricData> {
  const { kind, declaration } = instrument;
  const descriptor = describe(declaration);
  const point = <T>(labels: DataPoint<T>["attributes"], value: T): DataPoint<T> => ({
    ...window,
    attributes: labels,
    value,
  });
  switch (kind) {
    case "counter":
      return {
        descriptor,
        dataPointType: DataPointType.SUM,
        aggregationTemporality: state.temporality,
        isMonotonic: true,
        dataPoints: instrument.series.all.map(({ labels, cell }) =>
          point(labels, state.isDelta ? state.sums.since(cell) : cell.value),
        ),
      };
    case "updown":
      return {
        descriptor,
        dataPointType: DataPointType.SUM,
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        isMonotonic: false,
        dataPoints: instrument.series.all.map(({ labels, cell }) => point(labels, cell.value)),
      };
    case "histogram":
      return {
        descriptor,
        dataPointType: DataPointType.HISTOGRAM,
        aggregationTemporality: state.temporality,
        dataPoints: instrument.series.all.map((series) => point(series.labels, readHistogram(series, state))),
      };
    case "gauge":
    case "observable": {
      const values =
        kind === "gauge" ? instrument.series.all.map(gaugeValue) : await instrument.observers.collect();
      return {
        descriptor,
        dataPointType: DataPointType.GAUGE,
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPoints: values.flatMap(({ labels, value }) =>
          value === undefined ? [] : [point(labels, value)],
        ),
      };
    }
    default:
      return kind satisfies never;
  }
}

function gaugeValue({ labels, cell }: Series<{ readonly value: number | undefined }>) {
  return { labels, value: cell.value };
}

function readHistogram({ cell }: Series<HistogramCell>, state: ReaderState): Histogram {
  const { counts, count, sum } = state.isDelta ? state.histograms.since(cell) : cell;
  const buckets = { boundaries: [...cell.bounds], counts: [...counts] };
  // The smallest and largest are of the whole time, so an interval has none.
  const extremes = state.isDelta || cell.count === 0 ? {} : { min: cell.min, max: cell.max };
  return { buckets, count, sum, ...extremes };
}

function describe(declaration: InstrumentDeclaration): MetricData["descriptor"] {
  const { name, unit, description, kind } = declaration;
  const isInteger = (kind === "counter" || kind === "updown") && declaration.decimals !== true;
  return { name, unit, description, valueType: isInteger ? ValueType.INT : ValueType.DOUBLE };
}
