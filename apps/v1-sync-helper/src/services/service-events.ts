// SPDX-License-Identifier: MIT
import type { ServiceName, WriteCall } from "../objects/plan.ts";

export type Method = "GET" | WriteCall["method"];

/** One call that has ended, with its repeats. */
export interface CallEvent {
  readonly service: ServiceName;
  readonly method: Method;
  /** Without the base address; holds no personal data. */
  readonly path: string;
  readonly requestId: string;
  /** `2xx`, `4xx`, …; `none` when no answer came. */
  readonly statusClass: string;
  readonly status?: number;
  /** From the call to its end: waits for a turn and between repeats are part of it. */
  readonly durationMs: number;
  readonly retries: number;
}

/** A repeat that is about to be waited for. */
export interface RetryEvent {
  readonly service: ServiceName;
  readonly kind: string;
  readonly waitMs: number;
  readonly status?: number;
}

/** How a service's limit stands; {@link V2Services.loads} has one per service. */
export interface ServiceLoad {
  readonly service: ServiceName;
  /** Calls that may be under way at once. */
  readonly limit: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** What is left of a pause that the service asked for. */
  readonly pausedMs: number;
}

/** For metrics and debug logs; must not throw. */
export interface ServiceEvents {
  readonly onCall?: (event: CallEvent) => void;
  readonly onRetry?: (event: RetryEvent) => void;
}
