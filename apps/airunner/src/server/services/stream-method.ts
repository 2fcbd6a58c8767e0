// SPDX-License-Identifier: Apache-2.0
// Logs of attempts to their readers.
import { joinFrames } from "../../event-log/join-frames.ts";
import { readLog } from "../../event-log/read-log.ts";
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

/** Pages of the log as chunks of whole envelopes, which are written as they are. */
async function* stream(
  { store, metrics, now }: ServiceOptions,
  request: StreamJobEventsRequest,
  { signal }: CallContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const readRequest = toReadRequest(request);
  const startedAt = performance.now();
  let isLive = false;
  const endHistory = (): void => {
    if (!isLive) metrics.replayDuration.record(performance.now() - startedAt);
    isLive = true;
  };
  metrics.activeStreams.add(1);
  try {
    for await (const entries of readLog({ store, request: readRequest, signal, onWait: endHistory })) {
      metrics.delivered.add(entries.length);
      const last = entries.at(-1);
      if (!isLive) metrics.replayEvents.add(entries.length);
      else if (last !== undefined) metrics.deliveryLag.record(Math.max(0, now() - last.timestampMs));
      yield joinFrames(entries);
    }
    endHistory();
  } finally {
    metrics.activeStreams.add(-1);
  }
}
