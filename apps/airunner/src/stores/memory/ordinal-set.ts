// SPDX-License-Identifier: Apache-2.0

/** A thousand neighbouring ordinals: one bit each, and how many are set. */
interface Chunk {
  /** The ordinal divided by {@link chunkSize}. */
  readonly key: number;
  readonly bits: Uint32Array;
  count: number;
}

const chunkSize = 1_024;
const bitsPerWord = 32;
const wordsPerChunk = chunkSize / bitsPerWord;

/**
 * A set of ordinals (whole numbers from 0 on) in order. Adding and deleting cost a binary search over the chunks, of
 * which there is one for a thousand ordinals; the newest is found at once. Memory: one bit an ordinal, and about
 * 250 bytes a chunk that is not empty.
 */
export class OrdinalSet {
  readonly #chunks: Chunk[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  /** The least ordinal, `undefined` in an empty set. */
  get first(): number | undefined {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return undefined;
    const word = chunk.bits.findIndex((bits) => bits !== 0);
    const bits = chunk.bits[word] ?? 0;
    return chunk.key * chunkSize + word * bitsPerWord + 31 - Math.clz32(bits & -bits);
  }

  /** Place of the chunk, or where it is to be put, as its complement. */
  #find(key: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    if ((this.#chunks[high]?.key ?? -1) < key) return ~(high + 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#chunks[middle]?.key ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return this.#chunks[low]?.key === key ? low : ~low;
  }

  #chunkFor(key: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last?.key === key) return last;
    const place = this.#find(key);
    const found = this.#chunks[place];
    if (found !== undefined) return found;
    const chunk: Chunk = { key, bits: new Uint32Array(wordsPerChunk), count: 0 };
    this.#chunks.splice(~place, 0, chunk);
    return chunk;
  }

  add(ordinal: number): void {
    const chunk = this.#chunkFor(Math.floor(ordinal / chunkSize));
    const word = (ordinal % chunkSize) >> 5;
    const bits = chunk.bits[word] ?? 0;
    const mask = 1 << (ordinal & 31);
    if ((bits & mask) !== 0) return;
    chunk.bits[word] = bits | mask;
    chunk.count += 1;
    this.#size += 1;
  }

  delete(ordinal: number): void {
    const place = this.#find(Math.floor(ordinal / chunkSize));
    const chunk = this.#chunks[place];
    if (chunk === undefined) return;
    const word = (ordinal % chunkSize) >> 5;
    const bits = chunk.bits[word] ?? 0;
    const mask = 1 << (ordinal & 31);
    if ((bits & mask) === 0) return;
    chunk.bits[word] = bits & ~mask;
    chunk.count -= 1;
    this.#size -= 1;
    if (chunk.count === 0) this.#chunks.splice(place, 1);
  }
}

/** The chunks of several disjoint sets as one, from the least key on or from the greatest. */
function* mergedChunks(sets: readonly OrdinalSet[], newestFirst: boolean): Generator<readonly Chunk[]> {
  const step = newestFirst ? -1 : 1;
  const places = sets.map((set) => (newestFirst ? set.chunks.length - 1 : 0));
  for (;;) {
    let key: number | undefined;
    for (const [index, set] of sets.entries()) {
      const candidate = set.chunks[places[index] ?? 0]?.key;
      if (candidate !== undefined && (key === undefined || (candidate - key) * step < 0)) key = candidate;
    }
    if (key === undefined) return;
    const group: Chunk[] = [];
    for (const [index, set] of sets.entries()) {
      const place = places[index] ?? 0;
      const chunk = set.chunks[place];
      if (chunk?.key !== key) continue;
      group.push(chunk);
      places[index] = place + step;
    }
    yield group;
  }
}

function ordinalsOf(group: readonly Chunk[], newestFirst: boolean): readonly number[] {
  const ordinals: number[] = [];
  for (let word = 0; word < wordsPerChunk; word += 1) {
    let bits = group.reduce((union, chunk) => union | (chunk.bits[word] ?? 0), 0);
    while (bits !== 0) {
      const lowest = bits & -bits;
      ordinals.push((group[0]?.key ?? 0) * chunkSize + word * bitsPerWord + 31 - Math.clz32(lowest));
      bits &= ~lowest;
    }
  }
  return newestFirst ? ordinals.toReversed() : ordinals;
}

export interface Walk {
  readonly newestFirst: boolean;
  /** So many are passed over; whole chunks at a time. */
  readonly skip: number;
}

/**
 * The ordinals of several disjoint sets in order, after the first `skip`. The set must not change meanwhile.
 * Skipping costs one step for a thousand ordinals and set.
 */
export function* walkOrdinals(sets: readonly OrdinalSet[], { newestFirst, skip }: Walk): Generator<number> {
  let toSkip = skip;
  for (const group of mergedChunks(sets, newestFirst)) {
    const count = group.reduce((sum, chunk) => sum + chunk.count, 0);
    if (toSkip >= count) {
      toSkip -= count;
      continue;
    }
    const ordinals = ordinalsOf(group, newestFirst);
    for (let place = toSkip; place < ordinals.length; place += 1) yield ordinals[place] ?? 0;
    toSkip = 0;
  }
}
