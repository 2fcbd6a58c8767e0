// SPDX-License-Identifier: Apache-2.0

/**
 * Why a caller may not do something: `unauthenticated` (who is it?), `permission_denied` (it may not), `unavailable`
 * (the keys to find out cannot be read now).
 */
export type AuthErrorCode = "unauthenticated" | "permission_denied" | "unavailable";

/** The message is for the caller; why a token was refused stands in the cause, for the log. */
export class AuthError extends Error {
  override readonly name: string = "AuthError";
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
