// SPDX-License-Identifier: Apache-2.0
import { ErrorTally } from "../outcome/error-tally.ts";
import { isContinuation, parseLogLine, type RcloneLine, type RcloneStats } from "./log-line.ts";

const noStats: RcloneStats = {
  bytes: 0,
  totalBytes: 0,
  checks: 0,
  transfers: 0,
  totalTransfers: 0,
  deletes: 0,
  errors: 0,
  serverSideCopies: 0,
  speed: 0,
  eta: null,
};

const attemptFailed = /^Attempt (\d+)\/(\d+) failed\b/;
const attemptSucceeded = /^Attempt (\d+)\/\d+ succeeded/;
/** Lines that, without an object's name, repeat what other lines said or say nothing by themselves. */
const isEcho =
  /^(?:Attempt \d+\/\d+ |not deleting (?:files|directories) as there were IO errors|Fatal error received|Can't retry any|Failed to (?:sync|copy|check)\b)/;
/** Names that rclone cannot carry; it goes on without them and ends with 0. */
const isIgnored =
  /^(?:Entry doesn't belong in directory|Duplicate (?:object|directory) found in) .*ignoring$/s;
const unverifiable = /^(\d+) hashes could not be checked/;

/** Told of each line of a pass, after it was counted. */
export type LineListener = (line: RcloneLine) => void;

/** Reads the log of one pass of rclone's: counts, keeps what matters of it, and forgets the rest. */
export class PassLog {
  readonly errors = new ErrorTally();
  stats: RcloneStats = noStats;
  /** Whether rclone told any statistics; it always does as it ends, so that without them nothing is known. */
  hasStats = false;
  attempts = 1;
  /** Entries that rclone said it ignores; once per side and attempt. */
  ignoredNames = 0;
  ignoredSample: string | undefined;
  unverifiableHashes = 0;
  /** `Deleted` and `Couldn't delete` lines; the first are only there from level INFO on. */
  deleted = 0;
  deletionsFailed = 0;
  /** `Copied (…)` lines, likewise; fresher than the last statistics when rclone was stopped. */
  copied = 0;
  /** Of `copied`, those the server made itself. */
  copiedServerSide = 0;
  #heldPlain: string | undefined;
  readonly #onLine: LineListener;

  constructor(onLine: LineListener) {
    this.#onLine = onLine;
  }

  /** Takes one line of standard error. Plain lines are held back until it is known that none continues them. */
  push(text: string): void {
    if (this.#heldPlain !== undefined) {
      if (isContinuation(text)) {
        this.#heldPlain = `${this.#heldPlain}\n${text.trim()}`.slice(0, 65_536);
        return;
      }
      this.end();
    }
    if (text.trim() === "") return;
    if (text.startsWith("{")) this.#take(parseLogLine(text));
    else this.#heldPlain = text;
  }

  /** Takes what was held back; call it once the stream has ended. */
  end(): void {
    if (this.#heldPlain === undefined) return;
    const line = parseLogLine(this.#heldPlain);
    this.#heldPlain = undefined;
    this.#take(line);
  }

  #take(line: RcloneLine): void {
    if (line.stats !== undefined) this.#takeStats(line.stats);
    else if (line.message === "Deleted") this.deleted += 1;
    else if (line.message.startsWith("Copied (")) this.#takeCopy(line.message);
    else if (line.level === "error" || line.level === "critical") this.#takeError(line);
    else if (line.level === "notice") this.#takeNotice(line);
    this.#onLine(line);
  }

  #takeStats(stats: RcloneStats): void {
    this.stats = stats;
    this.hasStats = true;
  }

  #takeCopy(message: string): void {
    this.copied += 1;
    if (message === "Copied (server-side copy)") this.copiedServerSide += 1;
  }

  #takeError(line: RcloneLine): void {
    const { message } = line;
    if (isIgnored.test(message)) {
      this.#ignore(line);
      return;
    }
    if (message.startsWith("Couldn't delete")) this.deletionsFailed += 1;
    if (line.object !== undefined || !isEcho.test(message)) this.errors.add(message, line.object);
    else if (this.errors.failureClass === undefined && !attemptSucceeded.test(message)) {
      this.errors.add(message, undefined);
    }
    this.#noteAttempt(message);
  }

  #takeNotice(line: RcloneLine): void {
    if (isIgnored.test(line.message)) this.#ignore(line);
    const hashes = unverifiable.exec(line.message)?.[1];
    if (hashes !== undefined) this.unverifiableHashes = Number(hashes);
    // From 1.61 on the closing line is a notice.
    if (/^Failed to (?:sync|copy|check)\b/.test(line.message) && this.errors.failureClass === undefined) {
      this.errors.add(line.message, undefined);
    }
  }

  #ignore({ object, message }: RcloneLine): void {
    this.ignoredNames += 1;
    this.ignoredSample ??= (object ?? message).slice(0, 256);
  }

  #noteAttempt(message: string): void {
    const failed = attemptFailed.exec(message);
    if (failed !== null) {
      const [attempt, last] = [Number(failed[1]), Number(failed[2])];
      this.attempts = Math.max(this.attempts, attempt);
      if (attempt < last) this.#startOver();
    }
    const succeeded = attemptSucceeded.exec(message)?.[1];
    if (succeeded !== undefined) this.attempts = Math.max(this.attempts, Number(succeeded));
  }

  #startOver(): void {
    this.attempts += 1;
    this.errors.reset();
    this.ignoredNames = 0;
    this.deletionsFailed = 0;
  }
}
