// SPDX-License-Identifier: MIT
import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";

export interface LinkStatus {
  readonly connected: boolean;
  /** In words, why it is not connected. Holds no credentials. */
  readonly reason?: string;
}

/** What happened to the connection, for metrics and logs. */
export type LinkEvent = "connected" | "disconnected" | "error" | "drained";

/** The server does not let this user use a subject. */
export interface Refusal {
  readonly subject: string;
  /** One sentence. */
  readonly message: string;
}

export type LinkListener = (status: LinkStatus, event: LinkEvent, refusal?: Refusal) => void;

export interface RequestOptions {
  readonly headers?: MsgHdrs;
  /** Milliseconds; default: the link's own. Waiting for a connection is part of it. */
  readonly timeoutMs?: number;
}

/** The way to NATS. It is there before NATS is, and heals by itself for as long as the process runs. */
export interface NatsLink extends AsyncDisposable {
  readonly status: () => LinkStatus;
  /** Told of every change of the status, and of errors that the server reports; of a refusal, with what was refused. */
  readonly onStatus: (listener: LinkListener) => Disposable;
  /**
   * The connection, once there was a first one. It is the same for the life of the link and mends itself, so it may
   * be kept.
   *
   * @throws the reason of `signal` when that aborts first
   */
  readonly connection: (signal?: AbortSignal) => Promise<NatsConnection>;
  /**
   * A request that is answered by one message; cheaper than the connection's own.
   *
   * @throws {UnavailableError} when nobody answers in time, nobody listens, or the connection breaks. Whether the
   *   request was carried out is not known then.
   */
  readonly request: (
    subject: string,
    payload?: Uint8Array | string,
    options?: RequestOptions,
  ) => Promise<Msg>;
  /** Sends what waits, takes nothing new, and closes, at the latest after `deadlineMs`. Again: waits for the first. */
  readonly drain: (deadlineMs?: number) => Promise<void>;
}
