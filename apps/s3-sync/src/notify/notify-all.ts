// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { Environment } from "@repo/service";
import type { Summary } from "../outcome/summary.ts";
import { postWebhook } from "./post-webhook.ts";
import { pushMetrics } from "./push-metrics.ts";

export interface NotifyAllOptions {
  readonly pushgatewayUrl: URL | undefined;
  readonly webhookUrl: URL | undefined;
  readonly summary: Summary;
  readonly logger: Logger;
  /** Trusted beside Node's own; PEM. */
  readonly caCert: string | undefined;
  /** Where proxies are looked up. */
  readonly env: Environment;
}

/** Tells whoever wants to know, both at once; never rejects, since the job is over and its outcome stands. */
export async function notifyAll({
  pushgatewayUrl,
  webhookUrl,
  summary,
  logger,
  caCert,
  env,
}: NotifyAllOptions): Promise<void> {
  // A signal that ended the job must not keep the news of it from getting out: each has its own short limit.
  const { signal } = new AbortController();
  const common = { summary, signal, caCert, env };
  const attempt = async (event: string, tell: () => Promise<void>): Promise<void> => {
    try {
      await tell();
    } catch (error) {
      logger.warn({ event, err: error }, "nobody was told; the job's outcome stands");
    }
  };
  await Promise.all([
    pushgatewayUrl && attempt("pushgateway", () => pushMetrics({ ...common, url: pushgatewayUrl })),
    webhookUrl && attempt("webhook", () => postWebhook({ ...common, url: webhookUrl })),
  ]);
}
