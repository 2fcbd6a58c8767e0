// SPDX-License-Identifier: Apache-2.0
import { type Executable, type Exit, runExecutable } from "@repo/testkit/process";
import { z } from "zod";
import { exitCodes } from "../../src/cli/exit-codes.ts";
import { eventItem, outputItem } from "./log-item.ts";
import type { Place } from "./place.ts";
import type { Transcript } from "./transcript.ts";

const Line = z.object({
  type: z.string(),
  attempt: z.number().optional(),
  sequence: z.number().optional(),
  text: z.string().optional(),
  base64: z.string().optional(),
});

const notes = new Set(["attempt", "connection_lost", "connection_resumed", "result"]);

/** `airunner-cli monitor --json`, which may be killed at any time. */
export interface Monitor extends AsyncDisposable {
  readonly transcript: Transcript;
  readonly exited: Promise<Exit>;
  /** How often it has lost the server. */
  readonly losses: number;
  kill(): void;
}

export interface MonitorOptions {
  readonly place: Place;
  readonly name: string;
  readonly address: string;
  readonly jobId: string;
  /** At least 1. */
  readonly fromSequence: number;
}

export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { place, name, address, jobId, fromSequence } = options;
  const { args, env } = place.reach(address);
  const process = await runExecutable({
    file: place.cli,
    args: ["monitor", ...args, "--json", `--from-sequence=${fromSequence}`, "--reconnect-for=5m", jobId],
    env,
    keepLines: 20,
    diesWithParent: true,
  });
  const transcript: Transcript = {
    reader: name,
    jobId,
    fromSequence,
    items: [],
    isComplete: false,
  };
  return new RunningMonitor(options, transcript, process);
}

class RunningMonitor implements Monitor {
  readonly transcript: Transcript;
  readonly exited: Promise<Exit>;
  losses = 0;
  readonly #options: MonitorOptions;
  readonly #process: Executable;
  #isKilled = false;

  constructor(options: MonitorOptions, transcript: Transcript, process: Executable) {
    this.#options = options;
    this.transcript = transcript;
    this.#process = process;
    process.stdout.onLine((line) => this.#take(line));
    this.exited = process.exited.then((exit) => {
      // Who finds no server at the very start gives up at once, as it should.
      const isTurnedAway = exit.code === exitCodes.unreachable && transcript.items.length === 0;
      transcript.isComplete = !this.#isKilled && !isTurnedAway;
      if (transcript.isComplete && exit.code !== null && exit.code >= 64 && exit.code <= 80)
        this.#violate(`gave up with ${exit.code}: ${process.stderr.lines.join(" ")}`);
      return exit;
    });
  }

  kill(): void {
    if (this.#process.exit !== undefined) return;
    this.#isKilled = true;
    this.#process.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isKilled = true;
    await this.#process[Symbol.asyncDispose]();
  }

  #take(line: string): void {
    const parsed = parseLine(line);
    // The last line of one that was killed may be torn.
    if (parsed === undefined) {
      if (!this.#isKilled) this.#violate(`printed a line that is no JSON: ${line.slice(0, 200)}`);
      return;
    }
    const { type, attempt = 0, sequence = 0, text, base64 } = parsed;
    if (type === "connection_lost") this.losses += 1;
    if (notes.has(type)) return;
    if (type === "gap") this.#violate(`says that events are missing: ${line}`);
    else if (type === "output")
      this.transcript.items.push(
        outputItem(
          attempt,
          sequence,
          Buffer.from(base64 ?? text ?? "", base64 === undefined ? "utf8" : "base64"),
        ),
      );
    else this.transcript.items.push(eventItem(attempt, sequence, type));
  }

  #violate(what: string): void {
    const { place, name, jobId } = this.#options;
    place.facts.violations.push(`${name} of job ${jobId} ${what}`);
  }
}

function parseLine(line: string): z.infer<typeof Line> | undefined {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
