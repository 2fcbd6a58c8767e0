// SPDX-License-Identifier: Apache-2.0
import { classifyMessage } from "./classify.ts";
import type { FailureClass } from "./exit-codes.ts";
import type { TopError } from "./summary.ts";

/** Names remembered to count each failed object once; beyond it each line counts. */
const MAX_NAMES = 20_000;
const MAX_SAMPLE_LENGTH = 256;
const TOP_ERRORS = 5;

/** Most decisive first: what no retry can mend stands before what one may. */
const precedence: readonly FailureClass[] = [
  "time_budget",
  "auth",
  "config",
  "not_found",
  "temporary",
  "verification",
  // Only the delete pass is limited, and by its own list: any cause that is known says more.
  "guard",
  "failed_objects",
];

interface Kind {
  count: number;
  readonly failureClass: FailureClass;
  readonly sample: string | undefined;
}

/** Errors of one attempt of rclone's, in bounded memory. */
export class ErrorTally {
  readonly #kinds = new Map<string, Kind>();
  readonly #names = new Set<string>();
  #failedObjects = 0;
  /** What rclone said last that was an error. */
  lastMessage: string | undefined;

  /** Forgets all: rclone tries everything again. */
  reset(): void {
    this.#kinds.clear();
    this.#names.clear();
    this.#failedObjects = 0;
    this.lastMessage = undefined;
  }

  add(message: string, object: string | undefined): void {
    this.lastMessage = message;
    const { code, failureClass } = classifyMessage(message) ?? {
      code: "Other",
      failureClass: "failed_objects",
    };
    const kind = this.#kinds.get(code);
    if (kind !== undefined) kind.count += 1;
    else this.#kinds.set(code, { count: 1, failureClass, sample: object?.slice(0, MAX_SAMPLE_LENGTH) });
    // A folder that could not be listed is one error, and nobody knows of how many objects.
    if (object !== undefined && !message.startsWith("error reading")) this.#countObject(object);
  }

  #countObject(object: string): void {
    if (this.#names.has(object)) return;
    this.#failedObjects += 1;
    if (this.#names.size < MAX_NAMES) this.#names.add(object);
  }

  get failedObjects(): number {
    return this.#failedObjects;
  }

  /** The class of the attempt as a whole; `undefined` when there were no errors. */
  get failureClass(): FailureClass | undefined {
    const present = new Set(Array.from(this.#kinds.values(), ({ failureClass }) => failureClass));
    return precedence.find((failureClass) => present.has(failureClass));
  }

  /** Most frequent first; what says nothing stands last, since it mostly repeats the others. */
  get topErrors(): readonly TopError[] {
    return Array.from(this.#kinds, ([code, { count, sample }]) => ({
      code,
      count,
      ...(sample !== undefined && { sample }),
    }))
      .sort((a, b) => Number(a.code === "Other") - Number(b.code === "Other") || b.count - a.count)
      .slice(0, TOP_ERRORS);
  }
}
