// SPDX-License-Identifier: Apache-2.0
import type { FeedItem } from "./feed.ts";

export interface PlaybackOptions {
  /** 2 is twice as fast as it happened. */
  readonly speed: number;
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Gives a feed at the pace at which it happened. The first event fixes the origin; each further one, and each piece
 * of a batch by itself, waits until as much time has passed as lay between them. What is late is not waited for.
 */
export async function* atOriginalPace(
  feed: AsyncIterable<FeedItem>,
  { speed, now, wait }: PlaybackOptions,
): AsyncGenerator<FeedItem> {
  let origin: { readonly eventMs: number; readonly wallMs: number } | undefined;
  const waitFor = async (eventMs: number | undefined): Promise<void> => {
    if (eventMs === undefined || eventMs === 0) return;
    origin ??= { eventMs, wallMs: now() };
    const dueMs = origin.wallMs + (eventMs - origin.eventMs) / speed;
    const early = dueMs - now();
    if (early > 0) await wait(early);
  };
  for await (const item of feed) {
    if (item.kind === "output") {
      for (const chunk of item.chunks) {
        await waitFor(chunk.atMs);
        yield { ...item, chunks: [chunk] };
      }
      continue;
    }
    if (item.kind === "event") await waitFor(item.atMs);
    yield item;
  }
}
