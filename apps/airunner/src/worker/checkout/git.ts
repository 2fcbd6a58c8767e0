// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { Guard } from "../process/guard.ts";
import type { OutputChunk, ProcessEnd } from "../process/process.ts";
import { ProcessError } from "../process/process.ts";
import { startProcess } from "../process/start-process.ts";
import { CheckoutError } from "./checkout.ts";
import { ProgressLines } from "./progress-lines.ts";

const killGraceMs = 2_000;
const outputGraceMs = 2_000;
/** Of what we ask git; a server decides how long the answer is. */
const maxAnswerBytes = 65_536;
const maxExcerptLength = 4_096;

/** For each command, whatever is configured. `gc` would go on in the background. */
const rules = [
  ["protocol.ext.allow", "never"],
  ["core.hooksPath", "/dev/null"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["advice.detachedHead", "false"],
].flatMap(([name, value]) => ["-c", `${name}=${value}`]);

export interface GitOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Point in time of `performance.now()`. */
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly guard: Guard | undefined;
  /** Takes secrets out of a line. */
  readonly redact: (line: string) => string;
  readonly onProgress: (line: string) => void | Promise<void>;
}

export interface GitAnswer {
  readonly exitCode: number;
  /** Trimmed, at most 64 KiB. */
  readonly stdout: string;
  /** The last lines of stderr, redacted, at most 4,096 characters. */
  readonly stderr: string;
}

/** Runs git for one checkout: in a group of its own, watched by the guard, ended with all it started. */
export class Git {
  readonly #options: GitOptions;

  constructor(options: GitOptions) {
    this.#options = options;
  }

  /** @throws {CheckoutError} `git_failed` with git's own words, `timed_out`, `cancelled` */
  async run(args: readonly string[]): Promise<GitAnswer> {
    const answer = await this.try(args);
    if (answer.exitCode !== 0) throw this.failure(args, answer);
    return answer;
  }

  /** As {@link run}, but an exit code is an answer too. @throws {CheckoutError} `timed_out`, `cancelled` */
  async try(args: readonly string[]): Promise<GitAnswer> {
    const { signal, deadline, onProgress, redact } = this.#options;
    if (signal.aborted) throw cancelled(signal);
    const output = new GitOutput({ redact, onProgress });
    const running = await this.#start(args, Math.max(1, deadline - performance.now()), output);
    const cancel = (): void => running.stop("cancel");
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      const end = await running.ended;
      await output.finish();
      this.#checkEnd(end, output);
      return { exitCode: end.exitCode, stdout: output.answer(), stderr: output.excerpt() };
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  failure(args: readonly string[], { exitCode, stderr }: GitAnswer): CheckoutError {
    const lines = stderr.split("\n").filter((line) => /^(?:fatal|error): /.test(line));
    const why = (lines.at(-1) ?? stderr.split("\n").at(-1) ?? "").replace(/^(?:fatal|error): /, "");
    const what = `git ${args.find((arg) => !arg.startsWith("-")) ?? ""} failed with exit code ${exitCode}`;
    return new CheckoutError("git_failed", `${what}${why === "" ? "" : `: ${why}`}${hintFor(stderr)}`, {
      stderr,
    });
  }

  async #start(
    args: readonly string[],
    timeoutMs: number,
    output: GitOutput,
  ): ReturnType<typeof startProcess> {
    const { env, cwd, guard } = this.#options;
    try {
      return await startProcess({
        command: "git",
        args: [...rules, ...args],
        env,
        cwd,
        mode: "pipe",
        timeoutMs,
        killGraceMs,
        outputGraceMs,
        marker: `git.${randomUUID()}`,
        ...(guard !== undefined && { guard }),
        onOutput: (chunk) => output.take(chunk),
      });
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      throw new CheckoutError("git_failed", `The worker could not start git: ${error.message}`, {
        cause: error,
      });
    }
  }

  #checkEnd({ stoppedBy }: ProcessEnd, output: GitOutput): void {
    const stderr = output.excerpt();
    if (stoppedBy === "cancel") throw cancelled(this.#options.signal, stderr);
    if (stoppedBy === "timeout") {
      throw new CheckoutError(
        "timed_out",
        `The repository could not be checked out within ${Math.round(this.#options.timeoutMs / 1_000)} seconds.`,
        { stderr },
      );
    }
  }
}

function cancelled(signal: AbortSignal, stderr = ""): CheckoutError {
  return new CheckoutError("cancelled", "The checkout was cancelled.", { cause: signal.reason, stderr });
}

/** What a person can do about it, where git's own words do not say so. */
function hintFor(stderr: string): string {
  if (
    /could not read Username|Authentication failed|Permission denied|terminal prompts disabled/i.test(stderr)
  )
    return " (the repository is private or does not exist: give the worker a login for it)";
  if (/Host key verification failed/i.test(stderr))
    return " (add the server's key to the known_hosts file of the worker's user)";
  return "";
}

/** Gathers what one run of git writes. */
class GitOutput {
  readonly #options: Pick<GitOptions, "redact" | "onProgress">;
  readonly #lines = new ProgressLines();
  readonly #stdout: Uint8Array[] = [];
  #stdoutBytes = 0;
  #excerpt = "";

  constructor(options: Pick<GitOptions, "redact" | "onProgress">) {
    this.#options = options;
  }

  async take({ bytes, stream, atMs }: OutputChunk): Promise<void> {
    if (stream === "stderr") return await this.#tell(this.#lines.add(bytes, atMs));
    if (this.#stdoutBytes < maxAnswerBytes) this.#stdout.push(bytes);
    this.#stdoutBytes += bytes.length;
  }

  async finish(): Promise<void> {
    await this.#tell(this.#lines.end());
  }

  answer(): string {
    return Buffer.concat(this.#stdout).subarray(0, maxAnswerBytes).toString().trim();
  }

  excerpt(): string {
    return this.#excerpt.trim();
  }

  async #tell(lines: readonly string[]): Promise<void> {
    for (const line of lines.map((text) => this.#options.redact(text))) {
      this.#excerpt = `${this.#excerpt}${line}\n`.slice(-maxExcerptLength);
      await this.#options.onProgress(line);
    }
  }
}
