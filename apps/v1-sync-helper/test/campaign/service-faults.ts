// SPDX-License-Identifier: MIT
import type { Fault, FaultChooser, FaultRequest } from "@repo/testkit/lfx-v2";
import type { Chance } from "./random.ts";

type Share = readonly [weight: number, fault: Fault];

/**
 * What services and what is in front of them do. What is carried out late is so before `CREATE_SETTLE_SECONDS` are over:
 * that is what the setting promises.
 */
const always: readonly Share[] = [
  [4, { kind: "status", status: 503 }],
  [2, { kind: "status", status: 502, body: "html" }],
  [1, { kind: "status", status: 500, body: "empty" }],
  [1, { kind: "status", status: 404, body: "html" }],
  [1, { kind: "status", status: 408, body: "empty" }],
  [2, { kind: "status", status: 429, retryAfter: 1 }],
  [3, { kind: "storage-error" }],
  [3, { kind: "reset-before" }],
  [1, { kind: "hang-before", closeAfterMs: 3000 }],
  [2, { kind: "token-refused", status: 500 }],
  [1, { kind: "token-refused", status: 401 }],
  [2, { kind: "directory-down" }],
  [4, { kind: "delay", ms: 300 }],
  [1, { kind: "trickle", overMs: 400 }],
];

const onWrites: readonly Share[] = [
  [6, { kind: "reset-after" }],
  [5, { kind: "lost", closeAfterMs: 3000 }],
  [3, { kind: "truncated" }],
  [1, { kind: "no-uid" }],
  [1, { kind: "no-uid", body: "empty" }],
  [1, { kind: "no-uid", body: "html" }],
  [1, { kind: "no-uid", body: "text" }],
  [6, { kind: "late", commitAfterMs: 300 }],
  [6, { kind: "late", commitAfterMs: 1200, closeAfterMs: 600 }],
  [6, { kind: "late", commitAfterMs: 2500 }],
  [6, { kind: "late", commitAfterMs: 700, client: "504" }],
  [6, { kind: "late", commitAfterMs: 2200, client: "504" }],
  [3, { kind: "late", commitAfterMs: 900, reservesFirst: true }],
];

const onUpdates: readonly Share[] = [
  [3, { kind: "stale", shape: "native" }],
  [2, { kind: "stale", shape: "400" }],
  [2, { kind: "stale", shape: "409" }],
  [2, { kind: "stale", shape: "412" }],
  [2, { kind: "stale", shape: "500" }],
];

export interface ServiceFaultsOptions {
  /** Share of requests that meet one, 0 to 1. */
  readonly share: number;
  /** Told of each. */
  readonly onFault: (name: string) => void;
}

/** Chooses for each request, repeatably for the same order of requests. */
export function createServiceFaults(chance: Chance, options: ServiceFaultsOptions): FaultChooser {
  const { share, onFault } = options;
  return (request) => {
    // A write that gets lost is what everything turns on.
    if (!chance.hits(request.method === "GET" ? share * 0.7 : share * 1.6)) return undefined;
    const fault = pick(chance, sharesFor(request));
    onFault(nameOf(fault));
    return fault;
  };
}

function sharesFor({ method }: FaultRequest): readonly Share[] {
  if (method === "GET") return always;
  return method === "POST" ? [...always, ...onWrites] : [...always, ...onWrites, ...onUpdates];
}

function pick(chance: Chance, shares: readonly Share[]): Fault {
  let left = chance.next() * shares.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, fault] of shares) {
    left -= weight;
    if (left < 0) return fault;
  }
  return { kind: "delay", ms: 1 };
}

function nameOf(fault: Fault): string {
  if (fault.kind === "status") return `status ${fault.status}`;
  if (fault.kind === "stale") return `stale ${fault.shape}`;
  return fault.kind;
}
