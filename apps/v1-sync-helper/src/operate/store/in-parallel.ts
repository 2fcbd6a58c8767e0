// SPDX-License-Identifier: MIT

/** Works on all items, at most `width` at once; the first failure, or the signal, ends it. */
export async function inParallel<T>(
  items: readonly T[],
  { width, signal }: { readonly width: number; readonly signal: AbortSignal },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items.values();
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    for (const item of iterator) {
      if (hasFailed) return;
      signal.throwIfAborted();
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
