// SPDX-License-Identifier: Apache-2.0
export type { NotifyOptions } from "./notify-client.ts";
export type { PostWebhookOptions } from "./post-webhook.ts";
export { postWebhook } from "./post-webhook.ts";
export type { PushMetricsOptions } from "./push-metrics.ts";
export { pushMetrics } from "./push-metrics.ts";
