// SPDX-License-Identifier: MIT
import type { Author } from "../objects/author.ts";
import type { ServiceName } from "../objects/plan.ts";

/** Where the credentials of a call come from. */
export interface AuthHeaders {
  /**
   * `Authorization`, and `X-On-Behalf-Of` where there is somebody; at once where they are at hand, which costs less.
   *
   * @throws when there is no token to be had; the call is not sent then
   */
  readonly headersFor: (
    author: Author,
    service: ServiceName,
  ) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** The service did not accept the token of these headers: the next ones, asked for once this is over, hold another. */
  readonly refused: (author: Author, service: ServiceName) => void | Promise<void>;
}
