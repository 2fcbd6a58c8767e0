// SPDX-License-Identifier: MIT

import type { TokenRequestEvent } from "@repo/jwt";
import type { Logger } from "@repo/logging";
import type { LookupEvent } from "../identity/lookup/cached-lookup.ts";
import type { ServiceEvents } from "../services/service-events.ts";
import type { SyncMetrics } from "./instruments.ts";

/** Told of every call to v2 and v1. */
export interface ServiceObservers extends Required<ServiceEvents> {
  readonly onLookup: (event: LookupEvent) => void;
  readonly onTokenRequest: (event: TokenRequestEvent) => void;
}

/** @param isHttpDebug writes a line for each call: never a header or a body, and paths hold no personal data */
export function createServiceObservers(
  logger: Logger,
  metrics: SyncMetrics,
  isHttpDebug: boolean,
): ServiceObservers {
  return {
    onCall: ({ service, method, path, status, requestId, durationMs, retries }) => {
      metrics.calls.record(durationMs, { service, method, status: String(status ?? "none") });
      if (!isHttpDebug) return;
      logger.info(
        {
          target: service,
          method,
          path,
          status,
          request_id: requestId,
          retries,
          duration_ms: Math.round(durationMs),
        },
        "http call",
      );
    },
    onRetry: ({ service, kind }) => metrics.callRetries.add(1, { service, kind }),
    onLookup: ({ subject, outcome, from }) => {
      metrics.lookups.add(1, { of: subject, outcome, from });
      if (isHttpDebug && from === "v1") logger.info({ target: "v1", of: subject, outcome }, "http call");
    },
    onTokenRequest: ({ outcome }) => {
      metrics.tokenRequests.add(1, { outcome });
      if (isHttpDebug) logger.info({ target: "auth0", outcome }, "http call");
    },
  };
}
