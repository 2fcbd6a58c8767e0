// SPDX-License-Identifier: Apache-2.0
import { toBinary } from "@bufbuild/protobuf";
import { type JobParams, JobParamsSchema } from "../gen/job/v1/job_pb.ts";
import { JobError } from "./errors.ts";
import { limits } from "./limits.ts";
import { toCloneUrl } from "./repository-url.ts";

/** What no part of a git reference may hold: see git-check-ref-format(1). */
const badRef = /[\s\u0000-\u001f\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\.lock$|\/\./;

export function refuse(field: string, sentence: string): never {
  throw new JobError("invalid_request", sentence, { field });
}

/** @throws {JobError} `invalid_request` where `value` is no whole number within the bounds */
export function checkWhole(field: string, value: number, least: number, most: number, label = field): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    refuse(field, `${label} is ${value}: it must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** @throws {JobError} `invalid_request` where `text` is longer than `most` characters */
export function checkLength(field: string, text: string, most: number, label = field): string {
  if (text.length > most)
    refuse(field, `${label} has ${text.length} characters: at most ${most} are allowed.`);
  return text;
}

/** Text that becomes part of a program's arguments or environment. */
function checkProgramText(field: string, text: string): void {
  if (text.includes("\0"))
    refuse(field, `${field} holds a zero byte, which no program can be given: remove it.`);
  // A character is at most 3 bytes of UTF-8 for each of its UTF-16 units.
  if (text.length * 3 > limits.argumentBytes && Buffer.byteLength(text) > limits.argumentBytes) {
    refuse(
      field,
      `${field} is longer than ${limits.argumentBytes} bytes: pass it in a file of the repository.`,
    );
  }
}

function checkRef(field: string, ref: string): void {
  checkLength(field, ref, limits.refLength);
  if (ref !== "" && badRef.test(ref)) {
    refuse(field, `${field} is not a name that git allows: give a branch, a tag or the hash of a commit.`);
  }
}

function checkCommand({ command, args }: JobParams): void {
  checkProgramText("job_params.command", command);
  checkWhole("job_params.args", args.length, 0, limits.argumentCount, "The number of job_params.args");
  for (const [index, argument] of args.entries()) checkProgramText(`job_params.args[${index}]`, argument);
  if (command === "" && args.length > 0) {
    refuse("job_params.args", "job_params.args is set without a command: name the command that takes them.");
  }
}

function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  const entries = Object.entries(environment);
  checkWhole("job_params.environment", entries.length, 0, limits.environmentCount, "The number of variables");
  for (const [name, value] of entries) {
    if (name === "" || name.length > limits.environmentNameLength || /[=\0]/.test(name)) {
      refuse(
        "job_params.environment",
        `job_params.environment has a variable whose name is empty, longer than ${limits.environmentNameLength} characters, or holds "=": rename it.`,
      );
    }
    checkProgramText(`job_params.environment.${name}`, value);
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const entries = Object.entries(metadata);
  checkWhole("job_params.metadata", entries.length, 0, limits.metadataCount, "The number of entries");
  for (const [name, value] of entries) {
    if (name === "")
      refuse("job_params.metadata", "job_params.metadata has an entry without a name: name it.");
    checkLength("job_params.metadata", name, limits.metadataNameLength, "A name in job_params.metadata");
    checkLength(`job_params.metadata.${name}`, value, limits.metadataValueLength);
  }
}

function checkSource({ repository, commit, branch, gitClone }: JobParams): void {
  if (repository !== "") toCloneUrl(repository);
  checkRef("job_params.commit", commit);
  checkRef("job_params.branch", branch);
  if (gitClone?.enabled !== true) return;
  if (repository === "") {
    refuse(
      "job_params.repository",
      "job_params.git_clone is enabled without a repository: name the one to clone.",
    );
  }
  checkWhole("job_params.git_clone.depth", gitClone.depth, 0, limits.cloneDepth);
}

/**
 * Checks everything a submitter says about what to run.
 * @throws {JobError} `invalid_request`, whose sentence names the field and never a value that may be secret
 */
export function validateParams(params: JobParams | undefined): JobParams {
  if (params === undefined) refuse("job_params", "job_params is missing: say what the job is to run.");
  if (params.command.trim() === "" && params.repository === "") {
    refuse(
      "job_params.command",
      "The job has neither a command nor a repository: give at least one of them.",
    );
  }
  checkCommand(params);
  checkEnvironment(params.environment);
  checkMetadata(params.metadata);
  checkSource(params);
  checkLength("job_params.owner", params.owner, limits.ownerLength);
  checkLength("job_params.working_directory", params.workingDirectory, limits.directoryLength);
  checkProgramText("job_params.working_directory", params.workingDirectory);
  checkWhole("job_params.process_type", params.processType, 0, 2);
  checkWhole("job_params.timeout_seconds", params.timeoutSeconds, 0, limits.timeoutSeconds);
  if (params.container?.enabled === true) {
    refuse(
      "job_params.container",
      "job_params.container is enabled: workers run commands without containers here.",
    );
  }
  if (toBinary(JobParamsSchema, params).length > limits.paramsBytes) {
    refuse(
      "job_params",
      `job_params is larger than ${limits.paramsBytes} bytes: move large values into the repository.`,
    );
  }
  return params;
}
