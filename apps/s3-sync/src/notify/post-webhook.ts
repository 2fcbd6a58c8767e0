// SPDX-License-Identifier: Apache-2.0
import type { Summary } from "../outcome/summary.ts";
import { type NotifyOptions, post } from "./notify-client.ts";

export interface PostWebhookOptions extends NotifyOptions {
  readonly summary: Summary;
}

/**
 * Posts the summary as JSON. Sent again only when no byte of it went out: a receiver is told once or not at all.
 *
 * @throws {HttpError} without the URL; the caller logs it and goes on
 */
export async function postWebhook({ summary, ...options }: PostWebhookOptions): Promise<void> {
  const { pathname, search } = options.url;
  await post({
    options,
    name: "The webhook",
    path: pathname + search,
    contentType: "application/json",
    body: JSON.stringify(summary),
    isRepeatable: false,
  });
}
