// SPDX-License-Identifier: Apache-2.0
import { CounterCell, GaugeCell, HistogramCell, UpDownCell } from "./cells.ts";
import type { InstrumentDeclaration, InstrumentTable, LabelValues } from "./define-instruments.ts";
import { type ObserveCallback, Observers } from "./observers.ts";
import { type Labels, SeriesMap } from "./series.ts";

type ValueOf<V> = V extends readonly (infer Item)[] ? Item : string;

/** The labels of a declaration, each with its own values. */
export type LabelsOf<D> = D extends { labels: infer L extends Readonly<Record<string, LabelValues>> }
  ? { readonly [Name in keyof L]: ValueOf<L[Name]> }
  : Readonly<Record<string, never>>;

/** No argument for an instrument without labels. */
type LabelArgument<L> = string extends keyof L ? [] : [labels: L];

export interface Counter<L> {
  /** Adds `amount` (0 or more, else it is left out). */
  add(amount: number, ...labels: LabelArgument<L>): void;
  /** The series of these labels, for hot paths: keep it, its `add()` costs a few nanoseconds. */
  with(labels: L): BoundCounter;
}
export interface BoundCounter {
  /** Adds `amount`, default 1. */
  add(amount?: number): void;
}

export interface UpDown<L> {
  add(amount: number, ...labels: LabelArgument<L>): void;
  with(labels: L): BoundUpDown;
}
export interface BoundUpDown {
  add(amount: number): void;
}

/** A gauge or a histogram. */
export interface ValueRecorder<L> {
  /** What is not a finite number is left out. */
  record(value: number, ...labels: LabelArgument<L>): void;
  with(labels: L): BoundValueRecorder;
}
export interface BoundValueRecorder {
  record(value: number): void;
}

export interface Observable<L> {
  /**
   * `callback` is asked at each collection, and gives a value per label set; may be asynchronous (10 s at most).
   * Ends when what is returned is disposed.
   */
  observe(callback: ObserveCallback<L>): Disposable;
}

type RecorderOf<D> = D extends { kind: "counter" }
  ? Counter<LabelsOf<D>>
  : D extends { kind: "updown" }
    ? UpDown<LabelsOf<D>>
    : D extends { kind: "observable" }
      ? Observable<LabelsOf<D>>
      : ValueRecorder<LabelsOf<D>>;

/** One recorder for each instrument of the table. */
export type Recorders<T> = { readonly [Key in keyof T]: RecorderOf<T[Key]> };

/** What a collection reads: a declaration with the series of its recorder. */
export type Instrument =
  | {
      readonly kind: "counter";
      readonly declaration: InstrumentDeclaration;
      readonly series: SeriesMap<CounterCell>;
    }
  | {
      readonly kind: "updown";
      readonly declaration: InstrumentDeclaration;
      readonly series: SeriesMap<UpDownCell>;
    }
  | {
      readonly kind: "gauge";
      readonly declaration: InstrumentDeclaration;
      readonly series: SeriesMap<GaugeCell>;
    }
  | {
      readonly kind: "histogram";
      readonly declaration: InstrumentDeclaration;
      readonly series: SeriesMap<HistogramCell>;
    }
  | {
      readonly kind: "observable";
      readonly declaration: InstrumentDeclaration;
      readonly observers: Observers;
    };

const instrumentsOf = new WeakMap<object, readonly Instrument[]>();

/**
 * Recorders of an app's instruments, which work with or without telemetry: values are kept in this process and read
 * when somebody collects. {@link startTelemetry} makes them; tests of other parts make their own.
 */
export function createRecorders<T extends InstrumentTable>(table: T): Recorders<T> {
  const entries = Object.entries<InstrumentDeclaration>(table).map(
    ([key, declaration]) => [key, createInstrument(declaration)] as const,
  );
  const recorders = Object.fromEntries(entries.map(([key, [, recorder]]) => [key, recorder]));
  instrumentsOf.set(
    recorders,
    entries.map(([, [instrument]]) => instrument),
  );
  return recorders as Recorders<T>;
}

/** The instruments behind recorders; empty for anything else. */
export function instrumentsBehind(recorders: object): readonly Instrument[] {
  return instrumentsOf.get(recorders) ?? [];
}

function createInstrument(declaration: InstrumentDeclaration): readonly [Instrument, object] {
  const names = Object.keys(declaration.labels ?? {});
  const { kind } = declaration;
  switch (kind) {
    case "counter": {
      const series = new SeriesMap(names, () => new CounterCell());
      startClosedSeries(declaration, series);
      return [{ kind, declaration, series }, adder(series)];
    }
    case "updown": {
      const series = new SeriesMap(names, () => new UpDownCell());
      startClosedSeries(declaration, series);
      return [{ kind, declaration, series }, adder(series)];
    }
    case "gauge": {
      const series = new SeriesMap(names, () => new GaugeCell());
      return [{ kind, declaration, series }, recorder(series)];
    }
    case "histogram": {
      const series = new SeriesMap(names, () => new HistogramCell(declaration.buckets));
      return [{ kind, declaration, series }, recorder(series)];
    }
    case "observable": {
      const observers = new Observers(names);
      return [{ kind, declaration, observers }, observers];
    }
    default:
      return kind satisfies never;
  }
}

const noLabels: Labels = {};

function adder(series: SeriesMap<BoundUpDown>): UpDown<Labels> {
  return {
    add: (amount, labels = noLabels) => series.cell(labels).add(amount),
    with: (labels) => series.cell(labels),
  };
}

function recorder(series: SeriesMap<BoundValueRecorder>): ValueRecorder<Labels> {
  return {
    record: (value, labels = noLabels) => series.cell(labels).record(value),
    with: (labels) => series.cell(labels),
  };
}

const maxClosedSeries = 64;

/**
 * A sum whose label sets are all known starts each of them at 0, so that a rate sees the first event too (a series
 * that begins at 1 never rose).
 */
function startClosedSeries(declaration: InstrumentDeclaration, series: SeriesMap<object>): void {
  let sets: Record<string, string | boolean>[] = [{}];
  for (const [name, values] of Object.entries(declaration.labels ?? {})) {
    if (values === "any") return;
    sets = sets.flatMap((set) => values.map((value) => Object.assign({}, set, { [name]: value })));
    if (sets.length > maxClosedSeries) return;
  }
  for (const set of sets) series.cell(set);
}
