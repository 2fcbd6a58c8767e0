// SPDX-License-Identifier: Apache-2.0
import type { Socket } from "node:net";
import type { Clock } from "./clock.ts";
import { checkFaults, type Fault, faultsOf } from "./fault.ts";
import { Lane } from "./lane.ts";

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** 0 for the first that the proxy accepted. */
  readonly index: number;
  readonly isOpen: boolean;
  /** Bytes that have passed. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Replaces all faults of this connection, from now on; none lets everything pass. */
  setFaults(...faults: readonly Fault[]): void;
  /** Tears it down at once (RST on both sides). */
  reset(): void;
}

export interface ConnectionOptions {
  readonly index: number;
  readonly client: Socket;
  readonly server: Socket;
  readonly faults: readonly Fault[];
  readonly clock: Clock;
}

/** Joins a client's socket and a server's by two lanes. */
export class Connection implements ProxiedConnection {
  readonly index: number;
  /** Settles when both sockets are closed. */
  readonly closed: Promise<void>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #up: Lane;
  readonly #down: Lane;
  readonly #over = new AbortController();

  constructor({ index, client, server, faults, clock }: ConnectionOptions) {
    this.index = index;
    this.#client = client;
    this.#server = server;
    const common = { clock, signal: this.#over.signal, end: (kind: "cut" | "reset") => this.#end(kind) };
    this.#up = new Lane({ ...common, from: client, to: server }, faultsOf("up", faults));
    this.#down = new Lane({ ...common, from: server, to: client }, faultsOf("down", faults));
    this.closed = this.#watch();
  }

  get isOpen(): boolean {
    return !this.#over.signal.aborted;
  }

  get bytesUp(): number {
    return this.#up.bytes;
  }

  get bytesDown(): number {
    return this.#down.bytes;
  }

  setFaults(...faults: readonly Fault[]): void {
    checkFaults(faults);
    this.#up.faults = faultsOf("up", faults);
    this.#down.faults = faultsOf("down", faults);
  }

  reset(): void {
    this.#end("reset");
  }

  async #watch(): Promise<void> {
    await Promise.all([this.#closeOf(this.#client), this.#closeOf(this.#server)]);
    this.#over.abort();
  }

  /** A socket that breaks breaks its partner too; one that closes in order has told it by its end. */
  #closeOf(socket: Socket): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on("error", () => this.#end("reset"));
    socket.once("close", () => resolve());
    if (socket.destroyed) resolve();
    return promise;
  }

  #end(kind: "cut" | "reset"): void {
    for (const socket of [this.#client, this.#server]) {
      if (kind === "reset") tearDown(socket);
      // Reading on until the other side closes too: closing with unread bytes would be a reset.
      else socket.end(() => socket.destroySoon());
    }
  }
}

/**
 * RST, also of a socket that has not been connected yet. One that is just being closed cannot be reset: the system
 * refuses it (EINVAL), and Node then never says that the socket is closed.
 */
function tearDown(socket: Socket): void {
  const isClosing = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || isClosing) socket.destroy();
  else socket.resetAndDestroy();
}
