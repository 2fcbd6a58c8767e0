// SPDX-License-Identifier: MIT
import { request } from "undici";
import type { HealthAddress } from "../../settings/settings.ts";

/** The instance that this environment's address leads to: the one of the same pod or machine. */
export interface InstanceHealth {
  readonly url: string;
  readonly state: "ready" | "not ready" | "no answer";
  /** What `/readyz` says is wrong. */
  readonly detail?: string;
}

const timeoutMs = 1000;

/** Never fails: a command is often run where no instance is. */
export async function askInstance({ host, port }: HealthAddress): Promise<InstanceHealth> {
  const reachable = ["*", "0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host;
  const url = `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
  try {
    const { statusCode, body } = await request(`${url}/readyz?verbose`, {
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await body.text();
    if (statusCode === 200) return { url, state: "ready" };
    const failed = text
      .split("\n")
      .filter((line) => line.startsWith("[-]"))
      .map((line) => line.slice(3));
    return { url, state: "not ready", detail: failed.join("; ") || `status ${statusCode}` };
  } catch {
    return { url, state: "no answer" };
  }
}
