// SPDX-License-Identifier: Apache-2.0
import { request } from "node:https";

export interface StatusOptions {
  readonly token?: string;
  /** PEM of the authority to trust; without one any certificate will do (a health port's self-signed one). */
  readonly caCertificate?: string;
}

/** The HTTP status of a GET on a local server; rejects after five seconds without an answer. */
export function statusOf(url: string, { token, caCertificate }: StatusOptions = {}): Promise<number> {
  const options = {
    agent: false as const,
    timeout: 5_000,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(caCertificate === undefined ? { rejectUnauthorized: false } : { ca: caCertificate }),
  };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 5 s")));
    call.on("error", reject);
    call.end();
  });
}
