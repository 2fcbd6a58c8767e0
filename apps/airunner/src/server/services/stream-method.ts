// SPDX-License-Identifier: Apache-2.0
// Logs of attempts to their readers.
import { readFrames } from "../../event-log/read-log.ts";
import { JobEventsService, type StreamJobEventsRequest } from "../../gen/job/v1/job_pb.ts";
import type { CallContext, RpcMethod } from "../rpc/method.ts";
import { frameStream } from "./define-method.ts";
import { toReadRequest } from "./job-requests.ts";
import type { ServiceOptions } from "./service-options.ts";

/** StreamJobEvents. */
export function streamMethod(options: ServiceOptions): RpcMethod {
  return frameStream(JobEventsService.method.streamJobEvents, "read", (request, context) =>
    stream(options, request, context),
  );
}

/**
 * Pages of the log as chunks of whole envelopes, which are written as they are.
 *
 * Not a generator around the reader's own: one that waits keeps its last chunk alive, which counts with many readers.
 */
function stream(
  { store, metrics, now }: ServiceOptions,
  request: StreamJobEventsRequest,
  { signal }: CallContext,
): AsyncIterableIterator<Uint8Array, void, undefined> {
  const startedAt = performance.now();
  let isLive = false;
  let isOpen = true;
  const frames = readFrames({
    store,
    request: toReadRequest(request),
    signal,
    onPage(entries) {
      metrics.delivered.add(entries.length);
      const last = entries.at(-1);
      if (!isLive) metrics.replayEvents.add(entries.length);
      else if (last !== undefined) metrics.deliveryLag.record(Math.max(0, now() - last.timestampMs));
    },
    onWait: endHistory,
  });
  function endHistory(): void {
    if (!isLive) metrics.replayDuration.record(performance.now() - startedAt);
    isLive = true;
  }
  function close(): void {
    if (isOpen) metrics.activeStreams.add(-1);
    isOpen = false;
  }
  metrics.activeStreams.add(1);
  return {
    async next() {
      const step = await frames.next();
      if (step.done === true) {
        endHistory();
        close();
      }
      return step;
    },
    // The RPC handler calls it wherever the stream does not come to its end.
    return() {
      close();
      return frames.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
