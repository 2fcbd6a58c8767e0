// SPDX-License-Identifier: Apache-2.0
import type { FailureClass } from "./exit-codes.ts";

/** What a message of rclone's says: a code for people to count by, and the class it counts towards. */
export interface Classified {
  readonly code: string;
  readonly failureClass: FailureClass;
}

interface Rule {
  readonly pattern: RegExp;
  readonly failureClass: FailureClass;
  /** Absent: the text that matched. */
  readonly code?: string;
}

/** First match wins: what ends the whole job comes before what befalls one request. */
const rules: readonly Rule[] = [
  { pattern: /--max-delete threshold reached/i, failureClass: "guard", code: "MaxDelete" },
  { pattern: /max transfer duration reached/i, failureClass: "time_budget", code: "MaxDuration" },
  {
    pattern:
      /\b(?:AuthorizationHeaderMalformed|PermanentRedirect|BucketRegionError|InvalidStorageClass|IllegalLocationConstraintException|AccessControlListNotSupported)\b/,
    failureClass: "config",
  },
  { pattern: /server gave HTTP response to HTTPS client/i, failureClass: "config", code: "HttpNotHttps" },
  {
    pattern: /x509:|certificate signed by unknown|failed to verify certificate/i,
    failureClass: "config",
    code: "Certificate",
  },
  { pattern: /can't sync or move files on overlapping remotes/i, failureClass: "config", code: "Overlap" },
  {
    pattern:
      /\b(?:InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|AllAccessDisabled|ExpiredToken|InvalidToken|TokenRefreshRequired|RequestTimeTooSkewed|Unauthorized|Forbidden)\b/,
    failureClass: "auth",
  },
  { pattern: /\bNoSuchBucket\b/, failureClass: "not_found" },
  { pattern: /directory not found/i, failureClass: "not_found", code: "NoSuchBucket" },
  { pattern: /didn't find section/i, failureClass: "not_found", code: "NoSuchRemote" },
  { pattern: /^file not in /, failureClass: "verification", code: "Missing" },
  { pattern: /^(?:sizes|contents|[\w-]+) differ\b/, failureClass: "verification", code: "Different" },
  {
    pattern: /\b\d+ (?:differences found|files missing|errors while checking)/,
    failureClass: "verification",
    code: "Different",
  },
  {
    pattern: /\bInvalidObjectState\b|Object in GLACIER, restore first/,
    failureClass: "failed_objects",
    code: "InvalidObjectState",
  },
  { pattern: /\bBadDigest\b/, failureClass: "failed_objects" },
  { pattern: /corrupted on transfer/i, failureClass: "failed_objects", code: "CorruptedOnTransfer" },
  { pattern: /\bNoSuchKey\b|object not found/i, failureClass: "failed_objects", code: "NoSuchKey" },
  {
    pattern:
      /\b(?:SlowDown|ServiceUnavailable|InternalError|InternalServerError|RequestTimeout|RequestLimitExceeded|OperationAborted)\b/,
    failureClass: "temporary",
  },
  { pattern: /connection refused/i, failureClass: "temporary", code: "ConnectionRefused" },
  { pattern: /no such host|server misbehaving/i, failureClass: "temporary", code: "NoSuchHost" },
  {
    pattern: /i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake timeout/i,
    failureClass: "temporary",
    code: "Timeout",
  },
  {
    pattern: /connection reset|broken pipe|unexpected EOF|\bEOF\b|use of closed network connection/i,
    failureClass: "temporary",
    code: "ConnectionLost",
  },
  { pattern: /network is unreachable|no route to host/i, failureClass: "temporary", code: "Unreachable" },
  // A bare status counts only where no rule knew the error's name: archived objects too are refused with 403.
  { pattern: /\bStatus ?Code: (?:401|403)\b/i, failureClass: "auth", code: "Forbidden" },
  { pattern: /\bStatus ?Code: (?:429|5\d\d)\b/i, failureClass: "temporary", code: "ServerError" },
  {
    pattern: /failed to unmarshal|XML syntax error|SerializationError|deserialization failed/i,
    failureClass: "temporary",
    code: "BadAnswer",
  },
];

/** Reads an error message of rclone's; `undefined` when it says nothing that we know. */
export function classifyMessage(message: string): Classified | undefined {
  for (const { pattern, failureClass, code } of rules) {
    const match = pattern.exec(message);
    if (match !== null) return { code: code ?? match[0], failureClass };
  }
  return undefined;
}

/** rclone's own exit code, where no message said more. Its numbers are in its documentation, "Exit code". */
export function classifyExitCode(exitCode: number): FailureClass | undefined {
  switch (exitCode) {
    case 0:
      return undefined;
    case 2:
      return "internal";
    case 3:
      return "not_found";
    case 5:
      return "temporary";
    case 7:
      return "guard";
    case 8:
    case 10:
      return "time_budget";
    default:
      return "failed_objects";
  }
}
