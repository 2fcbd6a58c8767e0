// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { classifyExitCode, classifyMessage } from "./classify.ts";

test.for([
  ["Failed to copy: AccessDenied: Access Denied\n\tstatus code: 403, request id: 1", "auth", "AccessDenied"],
  [
    "operation error S3: ListObjects, https response error StatusCode: 403, RequestID: 1, api error InvalidAccessKeyId: no",
    "auth",
    "InvalidAccessKeyId",
  ],
  ["operation error S3: HeadObject, https response error StatusCode: 403, RequestID: 1", "auth", "Forbidden"],
  ["api error AuthorizationHeaderMalformed: expecting 'eu-1'", "config", "AuthorizationHeaderMalformed"],
  ["http: server gave HTTP response to HTTPS client", "config", "HttpNotHttps"],
  [
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "config",
    "Certificate",
  ],
  ["api error NoSuchBucket: The specified bucket does not exist", "not_found", "NoSuchBucket"],
  ["error reading source root directory: directory not found", "not_found", "NoSuchBucket"],
  ["dial tcp 127.0.0.1:1: connect: connection refused", "temporary", "ConnectionRefused"],
  ["read tcp: i/o timeout", "temporary", "Timeout"],
  ["api error SlowDown: reduce your rate", "temporary", "SlowDown"],
  ["https response error StatusCode: 502, RequestID", "temporary", "ServerError"],
  ["unexpected EOF", "temporary", "ConnectionLost"],
  ["BadDigest: The Content-MD5 you specified", "failed_objects", "BadDigest"],
  ["corrupted on transfer: sizes differ 1 vs 2", "failed_objects", "CorruptedOnTransfer"],
  ["api error InvalidObjectState: archived", "failed_objects", "InvalidObjectState"],
  [
    "operation error S3: CopyObject, https response error StatusCode: 403, RequestID: 1, HostID: 2, api error InvalidObjectState: The operation is not valid for the object's storage class",
    "failed_objects",
    "InvalidObjectState",
  ],
  ["InvalidObjectState: archived\n\tstatus code: 403, request id: 1", "failed_objects", "InvalidObjectState"],
  ['Object in GLACIER, restore first: bucket="b", key="k"', "failed_objects", "InvalidObjectState"],
  [
    "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 1, api error AccountProblem: unpaid",
    "auth",
    "Forbidden",
  ],
  ["Got fatal error on delete: --max-delete threshold reached", "guard", "MaxDelete"],
  ["max transfer duration reached as set by --max-duration", "time_budget", "MaxDuration"],
  ["md5 differ", "verification", "Different"],
  ["file not in S3 bucket b", "verification", "Missing"],
  ["Failed to check with 5 errors: last error was: 5 differences found", "verification", "Different"],
] as const)("%s", ([message, failureClass, code], { expect }) => {
  expect(classifyMessage(message)).toEqual({ failureClass, code });
});

test("says nothing of what it does not know", ({ expect }) => {
  expect(classifyMessage("the moon is full")).toBeUndefined();
});

test.for([
  [0, undefined],
  [1, "failed_objects"],
  [2, "internal"],
  [3, "not_found"],
  [5, "temporary"],
  [7, "guard"],
  [10, "time_budget"],
  [99, "failed_objects"],
] as const)("takes rclone's %d for %s", ([exitCode, failureClass], { expect }) => {
  expect(classifyExitCode(exitCode)).toBe(failureClass);
});
