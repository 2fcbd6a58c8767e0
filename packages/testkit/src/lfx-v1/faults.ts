// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What a request is about. */
export type LfxV1Endpoint = "token" | "user" | "organization" | "jwks";

export type LfxV1Fault =
  /** Answered as usual, after a while. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Answered as usual, once the promise is fulfilled. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> }
  /** Another answer; the body is text. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is reset instead of an answer. */
  | { readonly kind: "reset" }
  /** No answer, ever; the connection stays open. */
  | { readonly kind: "hang" }
  /** 200 with a page, as a captive proxy gives it. */
  | { readonly kind: "html" }
  /** 200 with half a JSON object. */
  | { readonly kind: "malformed" };

export interface LfxV1Faults {
  /** All requests of the endpoint from now on; without a fault: none any more. */
  set(endpoint: LfxV1Endpoint, fault?: LfxV1Fault): void;
  /** The next requests of the endpoint, one fault each, before what {@link set} says. */
  next(endpoint: LfxV1Endpoint, ...faults: readonly LfxV1Fault[]): void;
  clear(): void;
}

/** The faults, for the servers that commit them. */
export interface FaultPlan extends LfxV1Faults {
  /** Commits what is planned. @returns whether the request is to be answered as usual */
  commit(endpoint: LfxV1Endpoint, response: ServerResponse): Promise<boolean>;
}

export function createFaultPlan(): FaultPlan {
  const lasting = new Map<LfxV1Endpoint, LfxV1Fault>();
  const once = new Map<LfxV1Endpoint, LfxV1Fault[]>();
  return {
    set(endpoint, fault) {
      if (fault === undefined) lasting.delete(endpoint);
      else lasting.set(endpoint, fault);
    },
    next(endpoint, ...faults) {
      once.set(endpoint, [...(once.get(endpoint) ?? []), ...faults]);
    },
    clear() {
      lasting.clear();
      once.clear();
    },
    async commit(endpoint, response) {
      const fault = once.get(endpoint)?.shift() ?? lasting.get(endpoint);
      return fault === undefined || (await commitFault(fault, response));
    },
  };
}

async function commitFault(fault: LfxV1Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case "delay":
      await sleep(fault.ms);
      return true;
    case "hold":
      await fault.until;
      return true;
    case "status":
      response.writeHead(fault.status, { "content-type": "text/plain", ...fault.headers });
      response.end(fault.body ?? "");
      return false;
    case "reset":
      response.socket?.resetAndDestroy();
      return false;
    case "hang":
      return false;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Please log in</body></html>");
      return false;
    case "malformed":
      response.writeHead(200, { "content-type": "application/json" }).end('{"ID": "a", "Userna');
      return false;
  }
}
