// SPDX-License-Identifier: Apache-2.0

export type HealthServerErrorCode =
  | "address_in_use"
  | "address_not_available"
  | "permission_denied"
  | "listen_failed";

/** Why the health endpoints could not be opened; the message says where and what to do. */
export class HealthServerError extends Error {
  override readonly name: string = "HealthServerError";
  readonly code: HealthServerErrorCode;

  constructor(code: HealthServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function toHealthServerError(error: unknown, host: string, port: number): HealthServerError {
  const where = `Cannot listen on ${host.includes(":") ? `[${host}]` : host}:${port} for health checks`;
  const code = Error.isError(error) && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new HealthServerError(
        "address_in_use",
        `${where}: the port is taken; stop what holds it or choose another.`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAFNOSUPPORT":
    case "EINVAL":
      return new HealthServerError(
        "address_not_available",
        `${where}: this machine has no such address; use one of its own, or * for all.`,
        { cause: error },
      );
    case "EACCES":
      return new HealthServerError(
        "permission_denied",
        `${where}: permission denied; choose a port above 1023.`,
        { cause: error },
      );
    default:
      return new HealthServerError(
        "listen_failed",
        `${where} (${typeof code === "string" ? code : "unknown reason"}).`,
        {
          cause: error,
        },
      );
  }
}
