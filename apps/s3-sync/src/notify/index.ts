// SPDX-License-Identifier: Apache-2.0
export { postWebhook } from "./post-webhook.ts";
export { pushMetrics } from "./push-metrics.ts";
