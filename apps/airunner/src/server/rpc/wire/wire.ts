// SPDX-License-Identifier: Apache-2.0
import type { ConnectError } from "@connectrpc/connect";
import type { Exchange } from "../../listener/exchange.ts";
import type { RpcProtocol } from "../rpc-options.ts";
import type { Codec } from "./codec.ts";

/** How one protocol puts messages, ends and errors into an answer. */
export interface Wire {
  readonly protocol: RpcProtocol;
  readonly codec: Codec;
  /** Of answers without error. */
  readonly contentType: string;
  /** Whether requests are bare messages or messages in envelopes. */
  readonly framing: "bare" | "envelopes";
  /** Lower-case name of the header that names the compression of requests. */
  readonly encodingHeader: string;
  /** As `encodingHeader`, of what the server takes; told to a client whose compression is unknown. */
  readonly acceptHeader: string;
  /** Lower-case name of the header with the client's time limit. */
  readonly timeoutHeader: string;
  /** @returns the limit in milliseconds; `error` for what cannot be read */
  parseTimeout(value: string): {
    readonly timeoutMs?: number | undefined;
    readonly error?: ConnectError | undefined;
  };
  /** Answers a call of one message; `message` is encoded already. */
  answer(exchange: Exchange, message: Uint8Array): void;
  /** Begins a stream of messages. */
  start(exchange: Exchange): void;
  /** Ends a stream begun by `start`. */
  end(exchange: Exchange, error?: ConnectError): void;
  /** Answers a call with an error before anything else was sent. */
  fail(exchange: Exchange, error: ConnectError): void;
}

/** Headers, trailers and metadata as Node takes them; `set-cookie` alone may repeat, and we have none. */
export function toOutgoing(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers);
}
