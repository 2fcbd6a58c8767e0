// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders } from "node:http";
import { ApiError, badRequest, internal, wrongLastSequence } from "./api-error.ts";
import type { Fault, FaultRequest, StaleShape } from "./fault.ts";
import type { JsonObject } from "./json.ts";
import type { Call, Operation, WriteDone } from "./operation.ts";
import type { State } from "./state.ts";
import type { Caller } from "./token-check.ts";
import type { Write } from "./write-log.ts";

export interface RequestHeaders {
  readonly isSync: boolean;
  readonly skipsEnrichment: boolean;
  readonly skipsNotification: boolean;
}

export interface CallOptions {
  readonly state: State;
  readonly operation: Operation;
  readonly request: FaultRequest;
  readonly fault: Fault | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly flags: RequestHeaders;
  readonly sent: JsonObject | undefined;
  readonly body: JsonObject;
  readonly unknown: JsonObject;
  readonly caller: Caller;
  /** The client is given up: it hangs, or is told so. */
  readonly giveUpClient: () => void;
}

/** The one implementation of {@link Call}. */
export class ServiceCall implements Call {
  readonly #options: CallOptions;
  /** The writes that this request did. */
  readonly writes: Write[] = [];

  constructor(options: CallOptions) {
    this.#options = options;
  }

  get state(): State {
    return this.#options.state;
  }

  get uid(): string {
    return this.#options.request.uid;
  }

  get memberUid(): string {
    return this.#options.request.memberUid;
  }

  get body(): JsonObject {
    return this.#options.body;
  }

  get caller(): Caller {
    return this.#options.caller;
  }

  get isSync(): boolean {
    return this.#options.flags.isSync;
  }

  get skipsEnrichment(): boolean {
    return this.#options.flags.skipsEnrichment;
  }

  get skipsNotification(): boolean {
    return this.#options.flags.skipsNotification;
  }

  get authorization(): string {
    return this.#options.headers.authorization ?? "";
  }

  get ifMatch(): string | undefined {
    const text = this.#options.headers["if-match"];
    return text !== undefined && isUint64(text) ? text : undefined;
  }

  get hasDirectory(): boolean {
    return this.state.faults.directory === "up" && this.#options.fault?.kind !== "directory-down";
  }

  async gate(): Promise<void> {
    const { state, fault, request, operation } = this.#options;
    const ms = state.faults.latencyOf(request) + (fault?.kind === "delay" ? fault.ms : 0);
    if (ms > 0) await state.timers.sleep(ms);
    if (fault === undefined) return;
    if (fault.kind === "storage-error") throw internal("internal error");
    if (fault.kind === "late" && operation.method !== "GET") {
      this.#options.giveUpClient();
      if (fault.reservesFirst !== true) await state.faults.untilCommit(request, fault.commitAfterMs);
    }
    if (fault.kind === "stale") this.#changeByAnother();
  }

  async afterReservation(): Promise<void> {
    const { state, fault, request } = this.#options;
    if (fault?.kind === "late" && fault.reservesFirst === true)
      await state.faults.untilCommit(request, fault.commitAfterMs);
  }

  stale(native: ApiError): ApiError {
    const { fault, operation, state } = this.#options;
    return staleIn(fault?.kind === "stale" ? fault.shape : state.faults.staleShape, native, operation);
  }

  async committed(write: WriteDone): Promise<void> {
    const { state, operation, request, headers, sent, unknown, caller, fault } = this.#options;
    const onBehalfOf = headers["x-on-behalf-of"];
    const logged = state.log.add({
      request: request.sequence,
      atMs: Date.now(),
      service: operation.service,
      method: operation.method === "GET" ? "PUT" : operation.method,
      resource: write.resource,
      uid: write.uid,
      principal: caller.principal,
      sub: caller.sub,
      email: caller.email,
      onBehalfOf: typeof onBehalfOf === "string" ? onBehalfOf : undefined,
      naturalKey: write.naturalKey,
      body: sent,
      unknown,
      revisionBefore: write.before,
      revisionAfter: write.after,
      isLate: fault?.kind === "late",
    });
    if (logged !== undefined) this.writes.push(logged);
    if (state.mirrored !== undefined) await state.mirrored();
  }

  /** The same data with a new revision, as by someone who saved without a change. */
  #changeByAnother(): void {
    const { state, operation, request } = this.#options;
    if (operation.method !== "PUT" && operation.method !== "DELETE") return;
    const bucket = state.store.bucketOf(operation.kind);
    const uid = operation.kind === "committee-member" ? request.memberUid : request.uid;
    const entry = bucket.get(uid);
    if (entry !== undefined) bucket.put(uid, entry.data);
  }
}

function isUint64(text: string): boolean {
  return /^\d{1,40}$/.test(text) && BigInt(text) < 2n ** 64n;
}

function staleIn(shape: StaleShape, native: ApiError, { kind }: Operation): ApiError {
  switch (shape) {
    case "native":
      return native;
    case "400":
      return badRequest("revision mismatch");
    case "409":
      return new ApiError(409, "revision mismatch");
    case "412":
      return new ApiError(412, "precondition failed: revision mismatch");
    case "500":
      return wrongLastSequence(`failed to update ${kind}`, 1);
  }
}
