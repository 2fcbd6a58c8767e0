// SPDX-License-Identifier: Apache-2.0
import { seededRandom } from "../seeded-random.ts";
import type { ServiceName } from "./api-error.ts";
import type { OperationName } from "./operation.ts";

/** What a chooser of faults is told of a request. */
export interface FaultRequest {
  /** 1, 2, …: of all requests to either service, in the order in which they were read. */
  readonly sequence: number;
  readonly service: ServiceName;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly operation: OperationName;
  /** Of the project or committee in the path; "" on a create of those. */
  readonly uid: string;
  /** Of the member in the path, else "". */
  readonly memberUid: string;
  /** As sent; `undefined` when there was none or it is not JSON. */
  readonly body: unknown;
}

/** How a stale revision is answered: the shape of now (409, or 500 on a lost race) or one of other versions. */
export type StaleShape = "native" | "400" | "409" | "412" | "500";

/** Something that goes wrong with one request. "Carried out" means that the service's data changed. */
export type Fault =
  /** A gateway answers; not carried out. `retryAfter` in seconds, or a date. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: number | Date;
      /** Default `json`. */
      readonly body?: "json" | "html" | "empty";
    }
  /** The token is not accepted; not carried out. 500 is the services' own answer, 401 a gateway's. */
  | { readonly kind: "token-refused"; readonly status?: 500 | 401 }
  /** The connection is reset; not carried out. */
  | { readonly kind: "reset-before" }
  /** Never answered; not carried out. The connection is closed after `closeAfterMs`, default never. */
  | { readonly kind: "hang-before"; readonly closeAfterMs?: number }
  /** The store fails: 500; not carried out. */
  | { readonly kind: "storage-error" }
  /** The directory of users does not answer. */
  | { readonly kind: "directory-down" }
  /** This much later, beside the latency of all; milliseconds. */
  | { readonly kind: "delay"; readonly ms: number }
  /**
   * Someone else changes the object just before the write, which is stale then and refused in this shape. Only PUT and
   * DELETE.
   */
  | { readonly kind: "stale"; readonly shape: StaleShape }
  /**
   * Carried out late: `commitAfterMs` after the other checks, or when `faults.commitLate()` says so ("told"). The client
   * sees none of it: it hangs (default), or its connection is closed after `closeAfterMs`, or it gets a 504 at once.
   * With `reservesFirst` the name of a new committee or the address of a new member is taken at once, and only the
   * record is late; other operations with it are not late.
   */
  | {
      readonly kind: "late";
      readonly commitAfterMs: number | "told";
      readonly client?: "hang" | "504";
      readonly closeAfterMs?: number;
      readonly reservesFirst?: true;
    }
  /** Carried out, then the connection is reset instead of the answer. */
  | { readonly kind: "reset-after" }
  /** Carried out, never answered; the connection is closed after `closeAfterMs`, default never. */
  | { readonly kind: "lost"; readonly closeAfterMs?: number }
  /** Carried out; the connection is closed in the middle of the answer's body. */
  | { readonly kind: "truncated" }
  /** Carried out, answered with the right status and a body that is no object with a uid. */
  | { readonly kind: "no-uid"; readonly body?: "object" | "empty" | "html" | "text" }
  /** Carried out; the answer comes in pieces over `overMs` milliseconds. */
  | { readonly kind: "trickle"; readonly overMs: number };

export type FaultChooser = (request: FaultRequest) => Fault | undefined;

export interface SeededFaultsOptions {
  /** The same seed gives the same faults to the same sequence of requests. */
  readonly seed: number;
  /** Share of requests that get one: 0 to 1. */
  readonly share: number;
  /** Chosen evenly; repeat one to make it more frequent. */
  readonly faults: readonly [Fault, ...Fault[]];
  /** Default: all requests. */
  readonly where?: (request: FaultRequest) => boolean;
}

/** A chooser that takes from a list at random, repeatably. */
export function seededFaults(options: SeededFaultsOptions): FaultChooser {
  const random = seededRandom(options.seed);
  return (request) => {
    if (options.where?.(request) === false) return undefined;
    const [isHit, which] = [random() < options.share, random()];
    return isHit ? options.faults[Math.floor(which * options.faults.length)] : undefined;
  };
}
