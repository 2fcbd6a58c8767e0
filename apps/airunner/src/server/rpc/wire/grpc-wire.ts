// SPDX-License-Identifier: Apache-2.0
import type { ConnectError } from "@connectrpc/connect";
import { parseTimeout, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { Exchange } from "../../listener/exchange.ts";
import type { Codec } from "./codec.ts";
import { toEnvelope } from "./envelope.ts";
import { toOutgoing, type Wire } from "./wire.ts";

/** Eight digits of hours are fine; the timer copes. */
const maxTimeoutMs = Number.MAX_SAFE_INTEGER;

const common = {
  framing: "envelopes",
  encodingHeader: "grpc-encoding",
  acceptHeader: "grpc-accept-encoding",
  timeoutHeader: "grpc-timeout",
  parseTimeout: (value: string) => parseTimeout(value, maxTimeoutMs),
} as const;

const success: Readonly<Record<string, string>> = { "grpc-status": "0" };

/** gRPC: envelopes, and the end in the trailers. */
export function createGrpcWire(codec: Codec, contentType: string): Wire {
  const headers = { "content-type": contentType };
  function start(exchange: Exchange): void {
    exchange.start(200, headers, { trailers: true });
  }
  function end(exchange: Exchange, error?: ConnectError): void {
    exchange.finish(error === undefined ? success : toOutgoing(setTrailerStatus(new Headers(), error)));
  }
  return {
    ...common,
    protocol: "grpc",
    codec,
    contentType,
    answer(exchange, message) {
      start(exchange);
      void exchange.write(toEnvelope(message));
      end(exchange);
    },
    start,
    end,
    fail(exchange, error) {
      const status = toOutgoing(setTrailerStatus(new Headers(), error));
      exchange.answer(200, { ...headers, ...status });
    },
  };
}

/** gRPC-Web: as gRPC, with the trailers as the last envelope, or in the headers where nothing else is sent. */
export function createGrpcWebWire(codec: Codec, contentType: string): Wire {
  const headers = { "content-type": contentType };
  function start(exchange: Exchange): void {
    exchange.start(200, headers);
  }
  function end(exchange: Exchange, error?: ConnectError): void {
    const trailer = trailerSerialize(setTrailerStatus(new Headers(), error));
    void exchange.write(toEnvelope(trailer, trailerFlag));
    exchange.finish();
  }
  return {
    ...common,
    protocol: "grpc-web",
    codec,
    contentType,
    answer(exchange, message) {
      start(exchange);
      void exchange.write(toEnvelope(message));
      end(exchange);
    },
    start,
    end,
    fail(exchange, error) {
      const status = toOutgoing(setTrailerStatus(new Headers(), error));
      exchange.answer(200, { ...headers, ...status });
    },
  };
}
