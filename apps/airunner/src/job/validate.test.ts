// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { JobParamsSchema, JobState, type ProcessType } from "../gen/job/v1/job_pb.ts";
import { JobError } from "./errors.ts";
import {
  type ClaimInput,
  type NewJobInput,
  validateClaim,
  validateJobId,
  validateLeaseSeconds,
  validateList,
  validateNewJob,
  validateQueueName,
  validateReason,
} from "./validate.ts";

/** As a newer client may send it. */
const unknownProcessType = Number("3") as ProcessType;

type Params = MessageInitShape<typeof JobParamsSchema>;

function input(parts: Partial<NewJobInput> = {}, params: Params = { command: "make" }): NewJobInput {
  return {
    requestId: "",
    queue: "default",
    params: create(JobParamsSchema, params),
    priority: 0,
    delayMs: undefined,
    retryPolicy: undefined,
    submitter: "ada",
    ...parts,
  };
}

function claim(parts: Partial<ClaimInput> = {}): ClaimInput {
  return { queue: "default", queues: [], maxJobs: 0, leaseSeconds: 0, worker: "", ...parts };
}

const listAll = {
  queue: "",
  state: JobState.UNSPECIFIED,
  attempt: 0,
  deadOnly: false,
  newestFirst: false,
  page: 0,
  pageSize: 0,
};

/** The refusal that the call ends with. */
function refusal(call: () => unknown): JobError {
  try {
    call();
  } catch (error) {
    if (error instanceof JobError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a submission gets its defaults", () => {
  expect(validateNewJob(input())).toEqual({ ...input(), delayMs: 0 });
  const bare = { maxAttempts: 2, initialBackoffMs: undefined, maxBackoffMs: undefined };
  expect(validateNewJob(input({ retryPolicy: bare })).retryPolicy).toEqual({
    maxAttempts: 2,
    initialBackoffMs: 1_000,
    maxBackoffMs: 300_000,
  });
  const slow = { ...bare, initialBackoffMs: 600_000 };
  expect(validateNewJob(input({ retryPolicy: slow })).retryPolicy).toMatchObject({ maxBackoffMs: 600_000 });
});

test.for<[string, Partial<NewJobInput>]>([
  [
    "all that is allowed",
    { requestId: "x".repeat(256), queue: "A-z_0.9", priority: 9, delayMs: 2_592_000_000 },
  ],
  ["the longest name of a queue", { queue: "q".repeat(80), priority: -9 }],
  [
    "the largest policy",
    { retryPolicy: { maxAttempts: 100, initialBackoffMs: 0, maxBackoffMs: 86_400_000 } },
  ],
])("%s is taken", ([, parts]) => {
  expect(validateNewJob(input(parts))).toMatchObject(parts);
});

const attempts = { maxAttempts: 1, initialBackoffMs: 1, maxBackoffMs: 1 };

test.for<[string, string, Partial<NewJobInput>]>([
  ["row 15: no parameters", "job_params", { params: undefined }],
  ["no queue", "queue", { queue: "" }],
  ["a queue with a bar", "queue", { queue: "a|b" }],
  ["a queue with a space", "queue", { queue: "a b" }],
  ["a queue with a name too long", "queue", { queue: "q".repeat(81) }],
  ["a request id that is too long", "request_id", { requestId: "x".repeat(257) }],
  ["a request id with a line break", "request_id", { requestId: "a\nb" }],
  ["a priority too high", "priority", { priority: 10 }],
  ["a priority too low", "priority", { priority: -10 }],
  ["a priority that is not whole", "priority", { priority: 0.5 }],
  ["a negative delay", "delay", { delayMs: -1 }],
  ["a delay above 30 days", "delay", { delayMs: 2_592_000_001 }],
  ["a delay that is no number", "delay", { delayMs: Number.NaN }],
  ["no attempts", "retry_policy.max_attempts", { retryPolicy: { ...attempts, maxAttempts: 0 } }],
  ["101 attempts", "retry_policy.max_attempts", { retryPolicy: { ...attempts, maxAttempts: 101 } }],
  [
    "a negative backoff",
    "retry_policy.initial_backoff",
    { retryPolicy: { ...attempts, initialBackoffMs: -1 } },
  ],
  [
    "a backoff above a day",
    "retry_policy.max_backoff",
    { retryPolicy: { ...attempts, maxBackoffMs: 86_400_001 } },
  ],
  [
    "a backoff that shrinks",
    "retry_policy.max_backoff",
    { retryPolicy: { ...attempts, initialBackoffMs: 2 } },
  ],
])("%s is refused, with the field's name", ([, field, parts]) => {
  const error = refusal(() => validateNewJob(input(parts)));
  expect(error).toMatchObject({ code: "invalid_request", field });
  expect(error.message).toMatch(/^(The )?[\w. ]+ (is|has|of).*[.-]$|.*[A-Za-z0-9-]\.$/);
});

function dictionary(entries: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: entries }, (_, index) => [`N${index}`, ""]));
}

test.for<[string, Params]>([
  ["a repository without a command", { repository: "github.com/example/repo" }],
  ["a command with arguments, one empty", { command: "make", args: ["", "a b", "ü"] }],
  [
    "what the Go program's CLI sends",
    { command: "x", repository: "github.com/a/b", commit: "main", branch: "main", owner: "airunner-user" },
  ],
  ["a commit by its hash", { command: "x", commit: "0123456789abcdef0123456789abcdef01234567" }],
  ["a branch with slashes", { command: "x", branch: "feature/a.b-c_d" }],
  ["many variables", { command: "x", environment: dictionary(1_000) }],
  ["an argument of the longest length", { command: "x", args: ["a".repeat(131_071)] }],
  ["a container that is not enabled", { command: "x", container: { image: "debian" } }],
  ["a time limit of 30 days", { command: "x", timeoutSeconds: 2_592_000, processType: 2 }],
])("%s is taken", ([, params]) => {
  const given = input({}, params);
  expect(validateNewJob(given).params).toBe(given.params);
});

test.for<[string, string, Params]>([
  ["neither command nor repository", "command", {}],
  ["a command of spaces", "command", { command: "  " }],
  ["arguments without a command", "args", { repository: "github.com/a/b", args: ["x"] }],
  ["a zero byte in the command", "command", { command: "a\0b" }],
  ["a zero byte in an argument", "args[1]", { command: "x", args: ["a", "\0"] }],
  ["an argument that is too long", "args[0]", { command: "x", args: ["a".repeat(131_072)] }],
  ["an argument that is too long in bytes", "args[0]", { command: "x", args: ["ü".repeat(66_000)] }],
  ["too many arguments", "args", { command: "x", args: Array.from({ length: 1_001 }, () => "") }],
  ["too many variables", "environment", { command: "x", environment: dictionary(1_001) }],
  ["a variable without a name", "environment", { command: "x", environment: { "": "1" } }],
  ["a variable with = in its name", "environment", { command: "x", environment: { "A=B": "1" } }],
  ["a variable with a zero byte", "environment.A", { command: "x", environment: { A: "\0" } }],
  ["too much metadata", "metadata", { command: "x", metadata: dictionary(101) }],
  ["metadata without a name", "metadata", { command: "x", metadata: { "": "1" } }],
  ["metadata that is too long", "metadata.a", { command: "x", metadata: { a: "x".repeat(4_097) } }],
  ["a bad repository", "repository", { command: "x", repository: "-u" }],
  ["a clone of nothing", "repository", { command: "x", gitClone: { enabled: true } }],
  [
    "a negative depth",
    "git_clone.depth",
    { repository: "github.com/a/b", gitClone: { enabled: true, depth: -1 } },
  ],
  ["a branch that is a flag", "branch", { command: "x", branch: "--upload-pack=x" }],
  ["a branch with two dots", "branch", { command: "x", branch: "a..b" }],
  ["a commit with a space", "commit", { command: "x", commit: "a b" }],
  ["a commit that is an expression", "commit", { command: "x", commit: "HEAD~1" }],
  ["an owner that is too long", "owner", { command: "x", owner: "x".repeat(257) }],
  ["a directory with a zero byte", "working_directory", { command: "x", workingDirectory: "a\0" }],
  ["a negative time limit", "timeout_seconds", { command: "x", timeoutSeconds: -1 }],
  ["an unknown type of process", "process_type", { command: "x", processType: unknownProcessType }],
  ["a container", "container", { command: "x", container: { enabled: true, image: "debian" } }],
])("parameters with %s are refused, with the field's name", ([, field, params]) => {
  const error = refusal(() => validateNewJob(input({}, params)));
  expect(error).toMatchObject({ code: "invalid_request", field: `job_params.${field}` });
});

test("parameters that are too large together are refused", () => {
  const args = ["a".repeat(131_000), "b".repeat(131_000), "c".repeat(1_000)];
  const error = refusal(() => validateNewJob(input({}, { command: "x", args })));
  expect(error).toMatchObject({ code: "invalid_request", field: "job_params" });
});

test("no value of the environment is ever repeated", () => {
  const environment = { TOKEN: "hunter2\0" };
  expect(refusal(() => validateNewJob(input({}, { command: "x", environment }))).message).not.toContain(
    "hunter2",
  );
});

test("a claim gets its defaults, and what is too much is cut", () => {
  const queues = [{ queue: "default", weight: 1 }];
  expect(validateClaim(claim())).toEqual({ queues, maxJobs: 1, leaseMs: 300_000, worker: "" });
  expect(validateClaim(claim({ maxJobs: 5_000, leaseSeconds: 2 ** 31 - 1 }))).toMatchObject({
    maxJobs: 100,
    leaseMs: 43_200_000,
  });
  const two = [
    { queue: "a", weight: 0 },
    { queue: "b", weight: 100 },
  ];
  expect(validateClaim(claim({ queue: "", queues: two })).queues).toEqual([
    { queue: "a", weight: 1 },
    { queue: "b", weight: 100 },
  ]);
  expect(validateLeaseSeconds(1)).toBe(1_000);
});

test.for<[string, string, Partial<ClaimInput>]>([
  ["no queue", "queue", { queue: "" }],
  ["a negative number of jobs", "max_jobs", { maxJobs: -1 }],
  ["a negative lease", "visibility_timeout_seconds", { leaseSeconds: -1 }],
  ["a weight above 100", "queues[0].weight", { queues: [{ queue: "a", weight: 101 }] }],
  [
    "a queue of a bad name",
    "queues[1].queue",
    {
      queues: [
        { queue: "a", weight: 1 },
        { queue: "", weight: 1 },
      ],
    },
  ],
  [
    "a queue twice",
    "queues",
    {
      queues: [
        { queue: "a", weight: 1 },
        { queue: "a", weight: 2 },
      ],
    },
  ],
  [
    "too many queues",
    "queues",
    { queues: Array.from({ length: 101 }, (_, index) => ({ queue: `q${index}`, weight: 1 })) },
  ],
  ["a worker with a name too long", "worker", { worker: "x".repeat(257) }],
])("a claim with %s is refused", ([, field, parts]) => {
  expect(refusal(() => validateClaim(claim(parts)))).toMatchObject({ code: "invalid_request", field });
});

test("row 19: a list gets its defaults, and a page has at most 1,000 jobs", () => {
  expect(validateList(listAll)).toEqual({ ...listAll, page: 1, pageSize: 50 });
  expect(validateList({ ...listAll, page: 7, pageSize: 2 ** 31 - 1 })).toMatchObject({
    page: 7,
    pageSize: 1_000,
  });
  for (const wrong of [{ page: -1 }, { pageSize: -1 }, { attempt: -1 }, { queue: "a b" }]) {
    expect(refusal(() => validateList({ ...listAll, ...wrong })).code).toBe("invalid_request");
  }
  expect(refusal(() => validateList({ ...listAll, state: Number("6") as JobState })).field).toBe("state");
});

test("names, ids and reasons", () => {
  expect(validateQueueName("a.b")).toBe("a.b");
  expect(validateJobId("01890A5D-AC96-774B-BCCE-B302099A8057")).toBe("01890a5d-ac96-774b-bcce-b302099a8057");
  for (const jobId of [
    "",
    "x",
    "01890a5d-ac96-774b-bcce-b302099a805",
    "01890a5d-ac96-774b-bcce-b302099a8057|",
  ]) {
    expect(refusal(() => validateJobId(jobId)).field).toBe("job_id");
  }
  expect(validateReason("x".repeat(1_000))).toHaveLength(1_000);
  expect(refusal(() => validateReason("x".repeat(1_001))).field).toBe("reason");
});
