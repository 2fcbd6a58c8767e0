// SPDX-License-Identifier: Apache-2.0
import type { Summary } from "../outcome/summary.ts";
import { toExposition } from "./exposition.ts";
import { toGauges } from "./gauges.ts";
import { type NotifyOptions, post } from "./notify-client.ts";

export interface PushMetricsOptions extends NotifyOptions {
  readonly summary: Summary;
  /** When the run ended, milliseconds since 1970; default now. */
  readonly finishedAtMs?: number;
}

/**
 * Pushes the run's gauges to a Pushgateway, into the group of the job `s3_sync` and the instance
 * `<endpoint>/<bucket>/<prefix>` of the destination. A URL that names its own group (`…/metrics/job/…`) is used as it is.
 *
 * With POST, not PUT: PUT would take everything else out of the group, the time of the last success among it.
 *
 * @throws {HttpError} without the URL; the caller logs it and goes on
 */
export async function pushMetrics({
  summary,
  finishedAtMs = Date.now(),
  ...options
}: PushMetricsOptions): Promise<void> {
  await post({
    options,
    name: "The Pushgateway",
    path: groupPath(options.url, summary),
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    body: toExposition(toGauges(summary, finishedAtMs)),
    isRepeatable: true,
  });
}

function groupPath({ pathname, search }: URL, { destination }: Summary): string {
  if (pathname.includes("/metrics/job/")) return pathname + search;
  const { endpoint, bucket, prefix } = destination;
  // Base64, because a value in the path cannot hold slashes, not even encoded ones.
  const instance = Buffer.from(`${endpoint}/${bucket}/${prefix}`).toString("base64url");
  return `${pathname.replace(/\/+$/, "")}/metrics/job/s3_sync/instance@base64/${instance}${search}`;
}
