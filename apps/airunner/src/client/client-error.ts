// SPDX-License-Identifier: Apache-2.0

/** Why a call to a server failed, as far as a caller may want to decide by it. */
export type ClientErrorCode =
  /** An address, a file or a value given by the user cannot be used. */
  | "bad_setting"
  | "unreachable"
  | "untrusted_certificate"
  | "wrong_protocol"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "invalid_request"
  | "conflict"
  | "wrong_state"
  | "overloaded"
  | "timeout"
  | "cancelled"
  | "unsupported"
  | "server_failed";

/** A failure that a person is told about: the message is one sentence that names the thing and says what to do. */
export class ClientError extends Error {
  override readonly name: string = "ClientError";
  readonly code: ClientErrorCode;
  /** Calling again later may succeed without anything being changed. */
  readonly isTransient: boolean;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: ErrorOptions & { readonly isTransient?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.isTransient = options.isTransient ?? false;
  }
}
