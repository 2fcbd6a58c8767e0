// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";
import type { RequestHeaders } from "./call.ts";
import type { Json } from "./json.ts";
import type { Operation } from "./operation.ts";
import { refuseViolations, type TextField, type Violation, validateText } from "./schema.ts";

const MAX_PROJECT_BYTES = 11 * 1024 * 1024;

/** Reads the whole body; `undefined` when the client went away. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let only: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    request.on("data", (chunk: Buffer) => {
      if (only === undefined) only = chunk;
      else (chunks ??= [only]).push(chunk);
    });
    request.on("end", () =>
      resolve(chunks === undefined ? (only ?? Buffer.alloc(0)) : Buffer.concat(chunks)),
    );
    request.on("close", () => resolve(undefined));
    request.on("error", () => resolve(undefined));
  });
}

/**
 * The JSON of a body.
 *
 * @throws {ApiError} 415 for an unknown media type, 400 for another one, for no body and for what is no JSON
 */
export function parseBody(operation: Operation, headers: IncomingHttpHeaders, bytes: Buffer): Json {
  const mediaType = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType !== "" && mediaType !== "application/json") throw otherMediaType(mediaType);
  if (bytes.length === 0) throw new ApiError(400, "missing required payload", "missing_payload");
  if (operation.service === "project" && bytes.length > MAX_PROJECT_BYTES)
    throw new ApiError(400, "http: request body too large", "decode_payload");
  try {
    return JSON.parse(bytes.toString("utf8")) as Json;
  } catch {
    throw new ApiError(400, "invalid character in the JSON of the body", "decode_payload");
  }
}

/** The services can also read XML and gob, which no body sent as JSON is; plain text fits no object. */
const readable: ReadonlySet<string> = new Set([
  "text/plain",
  "text/html",
  "application/xml",
  "application/gob",
]);

function otherMediaType(mediaType: string): ApiError {
  if (readable.has(mediaType)) return new ApiError(400, `can't decode ${mediaType}`, "decode_payload");
  return new ApiError(415, `unsupported media type ${mediaType}`, "unsupported_media_type");
}

export interface Parameters {
  readonly operation: Operation;
  readonly needsVersion: boolean;
  readonly uid: string;
  readonly memberUid: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

const uuid: TextField = { type: "text", format: "uuid" };

/** @throws {ApiError} 400 that names everything that is wrong with path, query and headers */
export function checkParameters(parameters: Parameters): RequestHeaders {
  const { operation, needsVersion, uid, memberUid, query, headers } = parameters;
  const violations: Violation[] = [];
  if (uid !== "") validateText(uuid, uid, violations, "uid");
  if (memberUid !== "") validateText(uuid, memberUid, violations, "member_uid");
  checkVersion(query, needsVersion, violations);
  const isWrite = operation.method !== "GET";
  const isMember = operation.kind === "committee-member";
  const flag = (name: string, isKnown: boolean) => isKnown && flagOf(headers, name, violations);
  const flags = {
    isSync: flag("x-sync", isWrite),
    skipsNotification: flag("x-skip-notification", isMember && isWrite && operation.method !== "PUT"),
    skipsEnrichment: flag("x-skip-enrichment", isMember && isWrite && operation.method !== "DELETE"),
  };
  refuseViolations(violations);
  return flags;
}

function checkVersion(query: string, isNeeded: boolean, violations: Violation[]): void {
  const version = query === "" ? "" : (new URLSearchParams(query).get("v") ?? "");
  if (version === "") {
    if (isNeeded)
      violations.push({ name: "missing_field", message: '"version" is missing from query string' });
  } else validateText({ type: "text", oneOf: ["1"] }, version, violations, "version");
}

/** strconv.ParseBool. */
const goFlags: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((word) => [word, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((word) => [word, false] as const),
]);

function flagOf(headers: IncomingHttpHeaders, name: string, violations: Violation[]): boolean {
  const text = headers[name];
  if (typeof text !== "string" || text === "") return false;
  const value = goFlags.get(text);
  if (value === undefined) {
    const message = `invalid value ${JSON.stringify(text)} for "${name}", must be a boolean`;
    violations.push({ name: "invalid_field_type", message });
  }
  return value ?? false;
}
