// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from "./api-error.ts";
import type { JsonObject } from "./json.ts";

export type ResourceKind =
  | "project"
  | "project-settings"
  | "committee"
  | "committee-settings"
  | "committee-member";

/** What a kind of objects is told apart by. */
export type NaturalKey =
  | { readonly kind: "project"; readonly slug: string }
  | { readonly kind: "committee"; readonly projectUid: string; readonly name: string }
  | { readonly kind: "member"; readonly committeeUid: string; readonly email: string };

/** A write that a client had carried out. */
export interface Write {
  /** 1, 2, …: the order in which the writes took effect. */
  readonly sequence: number;
  /** The request's own sequence. */
  readonly request: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly service: ServiceName;
  readonly method: "POST" | "PUT" | "DELETE";
  readonly resource: ResourceKind;
  readonly uid: string;
  /** The token's claims. */
  readonly principal: string;
  readonly sub: string | undefined;
  readonly email: string | undefined;
  /** The header, which the services do not read. */
  readonly onBehalfOf: string | undefined;
  readonly naturalKey: NaturalKey;
  /** As sent; `undefined` on DELETE. */
  readonly body: JsonObject | undefined;
  /** What was sent and is not known to the service, by path. */
  readonly unknown: JsonObject;
  /** Absent where there was nothing before, or is nothing after. */
  readonly revisionBefore: number | undefined;
  readonly revisionAfter: number | undefined;
  /** By a fault, after the client had been given up. */
  readonly isLate: boolean;
  /** Whether the whole answer went out to the client. */
  wasAnswered: boolean;
}

export interface WriteLogOptions {
  /** Writes that are kept; older ones are dropped. 0 keeps none. Default 200 000. */
  readonly maxWrites?: number;
  /** Whether bodies are kept; default true. */
  readonly bodies?: boolean;
}

/** What clients did, for tests to prove things by. */
export class WriteLog {
  readonly #maxWrites: number;
  readonly #keepsBodies: boolean;
  #writes: Write[] = [];
  #sequence = 0;
  #requests = 0;
  readonly #answers = new Map<string, number>();

  constructor(options: WriteLogOptions = {}) {
    this.#maxWrites = options.maxWrites ?? 200_000;
    this.#keepsBodies = options.bodies ?? true;
  }

  /** Oldest first. */
  get writes(): readonly Write[] {
    return this.#writes;
  }

  /** Writes carried out since the start, also those that are not kept. */
  get writeCount(): number {
    return this.#sequence;
  }

  /** Requests that were read since the start, also those without an answer. */
  get requestCount(): number {
    return this.#requests;
  }

  /** Answers by operation and status: `update-project 409` → 3. */
  get answers(): ReadonlyMap<string, number> {
    return this.#answers;
  }

  /** Forgets the writes and counts; sequences go on. */
  clear(): void {
    this.#writes = [];
    this.#answers.clear();
  }

  nextRequest(): number {
    return ++this.#requests;
  }

  countAnswer(operation: string, status: number): void {
    const key = `${operation} ${status}`;
    this.#answers.set(key, (this.#answers.get(key) ?? 0) + 1);
  }

  add(write: Omit<Write, "sequence" | "wasAnswered">): Write | undefined {
    const sequence = ++this.#sequence;
    if (this.#maxWrites === 0) return undefined;
    // Dropping in lots keeps it cheap.
    if (this.#writes.length >= this.#maxWrites * 1.1) this.#writes = this.#writes.slice(-this.#maxWrites);
    const kept: Write = { ...write, sequence, wasAnswered: false };
    this.#writes.push(this.#keepsBodies ? kept : { ...kept, body: undefined });
    return this.#writes.at(-1);
  }
}
