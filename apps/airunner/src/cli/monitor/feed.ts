// SPDX-License-Identifier: Apache-2.0
import type { JobEvent, StreamType } from "../../gen/job/v1/job_pb.ts";

/** A piece of a job's output, as one call of its process wrote it or as the worker cut it. */
export interface OutputChunk {
  readonly bytes: Uint8Array;
  readonly stream: StreamType;
  /** From 1 on, dense within an attempt. */
  readonly sequence: number;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** What a view is shown, in order: everything that happens to a job, and to the connection that tells of it. */
export type FeedItem =
  | { readonly kind: "output"; readonly attempt: number; readonly chunks: readonly OutputChunk[] }
  | {
      readonly kind: "event";
      readonly attempt: number;
      readonly sequence: number;
      readonly atMs: number | undefined;
      /** Any but output. */
      readonly event: JobEvent;
    }
  /** A later attempt begins. */
  | { readonly kind: "attempt"; readonly attempt: number }
  /** Events are missing in the log itself. */
  | { readonly kind: "gap"; readonly attempt: number; readonly after: number; readonly next: number }
  | { readonly kind: "lost"; readonly message: string }
  | { readonly kind: "resumed"; readonly attempt: number; readonly sequence: number };

/**
 * Shows a feed. The printer of lines is one; a full-screen one takes its place with the same calls. Each call is
 * waited for, so that a view that cannot keep up slows the stream and nothing else.
 */
export interface MonitorView {
  show(item: FeedItem): Promise<void>;
  /** Called once, when the feed has ended. */
  close(): Promise<void>;
}
