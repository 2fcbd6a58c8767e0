// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

export type ServiceName = "project" | "committee";

/** Kinds of violations, as the services' framework names them. */
export type ViolationName =
  | "missing_payload"
  | "decode_payload"
  | "missing_field"
  | "invalid_field_type"
  | "invalid_enum_value"
  | "invalid_format"
  | "invalid_pattern"
  | "invalid_length"
  | "unsupported_media_type"
  | "fault";

/** An answer other than 2xx that a service gives on purpose. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Present: the framework's own body (shape A) with this name; absent: the service's. */
  readonly violation: ViolationName | undefined;

  constructor(status: number, message: string, violation?: ViolationName) {
    super(message);
    this.status = status;
    this.violation = violation;
  }

  /** The body, in the shape of the framework (A), of the project service (B) or of the committee service (C). */
  body(service: ServiceName): string {
    if (this.violation !== undefined) return frameworkBody(this.violation, this.message);
    if (service === "project") return JSON.stringify({ code: String(this.status), message: this.message });
    return JSON.stringify({ message: this.message });
  }

  /** The value of the `goa-error` header, which the framework's own errors lack. */
  get designName(): string | undefined {
    return this.violation === undefined ? designNames[this.status] : undefined;
  }
}

const designNames: Readonly<Record<number, string>> = {
  400: "BadRequest",
  404: "NotFound",
  409: "Conflict",
  500: "InternalServerError",
  503: "ServiceUnavailable",
};

function frameworkBody(name: ViolationName, message: string): string {
  const id = randomBytes(6).toString("base64url");
  return JSON.stringify({ name, id, message, temporary: false, timeout: false, fault: name === "fault" });
}

export const badRequest = (message: string) => new ApiError(400, message);
export const notFound = (message: string) => new ApiError(404, message);
export const conflict = (message: string) => new ApiError(409, message);
export const internal = (message: string) => new ApiError(500, message);
export const unavailable = (message: string) => new ApiError(503, message);

/** How the committee service reports a lost race for a key of its store. */
export function wrongLastSequence(what: string, revision: number): ApiError {
  return internal(
    `${what}: nats: API error: code=400 err_code=10071 description=wrong last sequence: ${revision}`,
  );
}
