// SPDX-License-Identifier: Apache-2.0
import { BrokenPipeError, type CliContext, Interrupted, type Output } from "../../../src/cli/context.ts";
import { runCli } from "../../../src/cli/run-cli.ts";

/** Keeps what a command writes. */
export class MemoryOutput implements Output {
  readonly isTty: boolean = false;
  readonly terminal = undefined;
  readonly chunks: Buffer[] = [];
  /** Called with each write before it settles. */
  onWrite: (text: string) => void | Promise<void> = () => undefined;

  async write(data: string | Uint8Array): Promise<void> {
    const chunk = Buffer.from(data);
    this.chunks.push(chunk);
    await this.onWrite(chunk.toString());
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }
}

/** Has a reader that stops after some writes. */
export class BrokenOutput extends MemoryOutput {
  readonly #writes: number;

  constructor(writes: number) {
    super();
    this.#writes = writes;
  }

  override async write(data: string | Uint8Array): Promise<void> {
    if (this.chunks.length >= this.#writes) throw new BrokenPipeError("nobody reads");
    await super.write(data);
  }
}

export interface RunningCommand {
  readonly stdout: MemoryOutput;
  readonly stderr: MemoryOutput;
  readonly exitCode: Promise<number>;
  /** As Ctrl-C. */
  interrupt(): void;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdout?: MemoryOutput;
}

/** Runs a command line in this process: everything of the CLI but the real descriptors and signals. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { stdout = new MemoryOutput() } = options;
  const stderr = new MemoryOutput();
  const controller = new AbortController();
  const context: CliContext = {
    // No variable and no folder of the machine that runs the tests.
    env: { AIRUNNER_CERT_DIR: "/nonexistent", ...options.env },
    stdout,
    stderr,
    isInteractive: false,
    interrupted: () => controller.signal,
    exitWith: () => undefined,
  };
  return {
    stdout,
    stderr,
    exitCode: runCli(args, context),
    interrupt: () => controller.abort(new Interrupted("SIGINT")),
  };
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const running = startCommand(args, options);
  const exitCode = await running.exitCode;
  return { exitCode, stdout: running.stdout.text, stderr: running.stderr.text };
}
