// SPDX-License-Identifier: Apache-2.0

export type Deed = "copied" | "replaced" | "deleted";

export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

export interface PrefixRow extends Readonly<Record<Deed, Amount>> {
  /** `photos/`, or empty for objects outside any folder. */
  readonly prefix: string;
}

/** Prefixes counted one by one; whatever comes after shares a row, so that memory stays bounded. */
const MAX_PREFIXES = 10_000;
export const OTHER_PREFIXES = "(other prefixes)";

interface MutableAmount {
  objects: number;
  bytes: number;
}

function emptyDeeds(): Record<Deed, MutableAmount> {
  const none = () => ({ objects: 0, bytes: 0 });
  return { copied: none(), replaced: none(), deleted: none() };
}

/** Sums planned changes by top-level prefix. */
export class PrefixTable {
  readonly #rows = new Map<string, Record<Deed, MutableAmount>>();
  readonly #total = emptyDeeds();

  add(deed: Deed, name: string, bytes: number): void {
    const slash = name.indexOf("/");
    const prefix = slash === -1 ? "" : name.slice(0, slash + 1);
    for (const amount of [this.#rowOf(prefix)[deed], this.#total[deed]]) {
      amount.objects += 1;
      amount.bytes += bytes;
    }
  }

  #rowOf(prefix: string): Record<Deed, MutableAmount> {
    const key = this.#rows.has(prefix) || this.#rows.size < MAX_PREFIXES ? prefix : OTHER_PREFIXES;
    const row = this.#rows.get(key) ?? emptyDeeds();
    this.#rows.set(key, row);
    return row;
  }

  /** Most changed objects first. */
  get rows(): readonly PrefixRow[] {
    const changes = (row: Record<Deed, Amount>): number =>
      row.copied.objects + row.replaced.objects + row.deleted.objects;
    return Array.from(this.#rows, ([prefix, deeds]) => ({ prefix, ...deeds })).sort(
      (a, b) => changes(b) - changes(a) || (a.prefix < b.prefix ? -1 : 1),
    );
  }

  /** The same sums, to be added to without changing these. */
  copy(): PrefixTable {
    const copy = new PrefixTable();
    for (const [prefix, deeds] of this.#rows) copy.#rows.set(prefix, structuredClone(deeds));
    Object.assign(copy.#total, structuredClone(this.#total));
    return copy;
  }

  get total(): Readonly<Record<Deed, Amount>> {
    return this.#total;
  }
}
