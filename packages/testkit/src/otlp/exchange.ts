// SPDX-License-Identifier: Apache-2.0
import type { Decoded, OtlpRequest } from "./decode.ts";

/** What the receiver says to a request that is right. */
export type OtlpAnswer =
  | { readonly kind: "ok" }
  /** It takes the request and never answers. */
  | { readonly kind: "silence" }
  /** Code of gRPC (16 is unauthenticated, 14 unavailable), or status of HTTP. */
  | { readonly kind: "failure"; readonly code: number; readonly message: string };

/** What an exchange takes and where it tells. */
export interface Exchange {
  readonly answer: () => OtlpAnswer;
  /** @throws {OtlpError} */
  readonly accept: (request: Omit<OtlpRequest, keyof Decoded>, decoded: Decoded) => void;
  readonly refuse: (problem: string) => void;
}
