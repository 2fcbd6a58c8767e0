// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@repo/http-retry";
import { HeartbeatEventSchema } from "../gen/job/v1/job_pb.ts";
import type { EventRecorder } from "./event-recorder.ts";

export interface HeartbeatOptions {
  readonly recorder: Pick<EventRecorder, "event" | "quietMs">;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly isProcessAlive: () => boolean;
}

/** Records a HEARTBEAT whenever nothing else has been recorded for `intervalMs`, until disposed. */
export function startHeartbeat({
  recorder,
  clock,
  intervalMs,
  isProcessAlive,
}: HeartbeatOptions): Disposable {
  const startedAt = clock.now();
  let timer: unknown;
  const onTimer = (): void => {
    if (recorder.quietMs >= intervalMs) {
      const elapsedTime = durationFromMs(Math.round(clock.now() - startedAt));
      const processAlive = isProcessAlive();
      recorder.event({
        case: "heartbeat",
        value: create(HeartbeatEventSchema, { elapsedTime, processAlive }),
      });
    }
    timer = clock.setTimeout(onTimer, Math.max(1, intervalMs - recorder.quietMs));
  };
  timer = clock.setTimeout(onTimer, intervalMs);
  return { [Symbol.dispose]: () => clock.clearTimeout(timer) };
}
