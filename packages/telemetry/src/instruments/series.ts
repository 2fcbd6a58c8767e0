// SPDX-License-Identifier: Apache-2.0
import type { LabelValue } from "./define-instruments.ts";

export type Labels = Readonly<Record<string, LabelValue>>;

/** One series of an instrument: its labels and where its value is kept. */
export interface Series<Cell> {
  readonly labels: Labels;
  readonly cell: Cell;
}

type Branch<Cell> = Map<LabelValue | undefined, Branch<Cell> | Cell>;

/** As the OpenTelemetry SDK's; what comes after is counted in one series that says so. */
export const maxSeries = 2000;
const overflowLabels: Labels = { "otel.metric.overflow": true };

/**
 * The series of one instrument, found by walking one map per label in the declared order. The SDK finds them by
 * sorting the labels and making JSON of them at each record, which costs 0.6 µs (packages/telemetry/bench).
 */
export class SeriesMap<Cell extends object> {
  readonly #names: readonly string[];
  readonly #createCell: () => Cell;
  readonly #root: Branch<Cell> = new Map();
  readonly #series: Series<Cell>[] = [];
  #overflow: Cell | undefined;

  constructor(names: readonly string[], createCell: () => Cell) {
    this.#names = names;
    this.#createCell = createCell;
  }

  get all(): readonly Series<Cell>[] {
    return this.#series;
  }

  /** The cell of these labels; labels that were not declared are left out. */
  cell(labels: Labels): Cell {
    let branch = this.#root;
    for (const name of this.#names) {
      const next = branch.get(labels[name]);
      if (next === undefined) return this.#create(labels);
      if (isCell(next)) return next;
      branch = next;
    }
    // Only an instrument without labels comes here: it has one series.
    return this.#series[0]?.cell ?? this.#add({});
  }

  #create(labels: Labels): Cell {
    if (this.#series.length >= maxSeries) return (this.#overflow ??= this.#add(overflowLabels));
    const own: Record<string, LabelValue> = {};
    let branch = this.#root;
    for (const name of this.#names) {
      const value = labels[name];
      if (value !== undefined) own[name] = value;
    }
    const cell = this.#add(own);
    this.#names.forEach((name, index) => {
      const value = labels[name];
      if (index === this.#names.length - 1) {
        branch.set(value, cell);
        return;
      }
      const next = branch.get(value);
      if (next !== undefined && !isCell(next)) branch = next;
      else {
        const made: Branch<Cell> = new Map();
        branch.set(value, made);
        branch = made;
      }
    });
    return cell;
  }

  #add(labels: Labels): Cell {
    const cell = this.#createCell();
    this.#series.push({ labels, cell });
    return cell;
  }
}

function isCell<Cell extends object>(node: Branch<Cell> | Cell): node is Cell {
  return !(node instanceof Map);
}
