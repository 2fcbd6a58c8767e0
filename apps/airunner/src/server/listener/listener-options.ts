// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { ExchangeHandler } from "./exchange.ts";
import type { ListenerLimits } from "./limits.ts";

export interface ListenerOptions {
  /** As "127.0.0.1" or "localhost". */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts; without them the port is plaintext: HTTP/1.1 and HTTP/2 with prior knowledge. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Called for every request of either version. Must not throw. */
  readonly handle: ExchangeHandler;
  /** Told when draining begins, and again when its time is over, before connections are cut. */
  readonly onDrain?: (phase: DrainPhase) => void;
  readonly limits?: Partial<ListenerLimits>;
  readonly logger: Logger;
}

/** `begin`: end what has no end of its own. `deadline`: end everything. */
export type DrainPhase = "begin" | "deadline";

/** A port that answers. Disposing is draining without waiting. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
  /**
   * Stops accepting, tells clients to go elsewhere (GOAWAY, `connection: close`), lets answers finish for `limits.drainMs`, and ends
   * what is left. Drained twice, it waits for the first.
   */
  drain(): Promise<void>;
}
