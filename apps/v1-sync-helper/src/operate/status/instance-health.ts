// SPDX-License-Identifier: MIT
import { createHttpClient, HttpError } from "@repo/http-retry";
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
    await using client = createHttpClient({
      origin: url,
      timeoutMs,
      policy: { maxAttempts: 1 },
      accept: () => true,
    });
    const answer = await client.request({ method: "GET", path: "/readyz?verbose" });
    if (answer.status === 200) return { url, state: "ready" };
    const failed = answer
      .text()
      .split("\n")
      .filter((line) => line.startsWith("[-]"))
      .map((line) => line.slice(3));
    return { url, state: "not ready", detail: failed.join("; ") || `status ${answer.status}` };
  } catch (error) {
    if (error instanceof HttpError) return { url, state: "no answer" };
    throw error;
  }
}
