// SPDX-License-Identifier: Apache-2.0
import { Code } from "@connectrpc/connect";
import { test } from "vitest";
import { ErrorInfoSchema } from "../gen/job/v1/job_pb.ts";
import { JobError, type JobErrorCode } from "../job/errors.ts";
import { AuthError } from "./auth/auth-error.ts";
import { errorsTable, errorTable, toConnectError } from "./errors.ts";

// As the protocol promises them; a change here breaks clients.
const promised: Readonly<Record<JobErrorCode, Code>> = {
  invalid_request: Code.InvalidArgument,
  invalid_task_token: Code.InvalidArgument,
  queue_mismatch: Code.InvalidArgument,
  job_not_found: Code.NotFound,
  job_exists: Code.AlreadyExists,
  wrong_state: Code.FailedPrecondition,
  lease_lost: Code.FailedPrecondition,
  sequence_gap: Code.FailedPrecondition,
  event_too_large: Code.ResourceExhausted,
  throttled: Code.ResourceExhausted,
  store_unavailable: Code.Unavailable,
};

test("each stable code has the protocol's code that was promised", ({ expect }) => {
  const codes = Object.fromEntries(Object.entries(errorTable).map(([name, { code }]) => [name, code]));
  expect(codes).toEqual(promised);
});

test("a refusal carries its stable code and field, and its cause for the log", ({ expect }) => {
  const error = new JobError("invalid_request", "queue is missing.", { field: "queue" });
  const told = toConnectError(error);
  expect(told.findDetails(ErrorInfoSchema)).toMatchObject([{ code: "invalid_request", field: "queue" }]);
  expect([told.rawMessage, told.cause]).toEqual(["queue is missing.", error]);
});

test("says of anything else nothing but that it failed", ({ expect }) => {
  const told = toConnectError(new Error("password=hunter2 at db:5432"));
  expect([told.code, told.rawMessage, told.details]).toEqual([
    Code.Internal,
    "the server failed; its log says why",
    [],
  ]);
  expect(toConnectError(new AuthError("permission_denied", "no")).code).toBe(Code.PermissionDenied);
});

test("writes the table of the README", ({ expect }) => {
  const table = errorsTable();
  expect(table).toContain("| `lease_lost` | `failed_precondition` | The attempt is over");
  expect(table.trim().split("\n")).toHaveLength(2 + Object.keys(promised).length);
});
