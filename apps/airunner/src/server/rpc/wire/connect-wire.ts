// SPDX-License-Identifier: Apache-2.0
import type { ConnectError } from "@connectrpc/connect";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
  parseTimeout,
} from "@connectrpc/connect/protocol-connect";
import type { Exchange } from "../../listener/exchange.ts";
import type { Codec } from "./codec.ts";
import { toEnvelope } from "./envelope.ts";
import { toOutgoing, type Wire } from "./wire.ts";

/** Far above what anyone means: ten digits of milliseconds. */
const maxTimeoutMs = Number.MAX_SAFE_INTEGER;

const timeout = {
  timeoutHeader: "connect-timeout-ms",
  parseTimeout: (value: string) => parseTimeout(value, maxTimeoutMs),
} as const;

/** Connect's calls of one message: bare bodies, errors by HTTP status and JSON. */
export function createConnectUnaryWire(codec: Codec): Wire {
  const contentType = `application/${codec.name}`;
  const headers = { "content-type": contentType };
  return {
    protocol: "connect",
    codec,
    contentType,
    framing: "bare",
    encodingHeader: "content-encoding",
    acceptHeader: "accept-encoding",
    ...timeout,
    answer: (exchange, message) => exchange.answer(200, headers, message),
    start: (exchange) => exchange.start(200, headers),
    end: (exchange) => exchange.finish(),
    fail: failConnectUnary,
  };
}

/** The shape of errors also where the protocol of a request is not known. */
export function failConnectUnary(exchange: Exchange, error: ConnectError): void {
  const headers = { ...toOutgoing(error.metadata), "content-type": "application/json" };
  exchange.answer(codeToHttpStatus(error.code), headers, errorToJsonBytes(error, undefined));
}

/** Connect's streams: envelopes, the last of which tells the end. */
export function createConnectStreamWire(codec: Codec): Wire {
  const contentType = `application/connect+${codec.name}`;
  const headers = { "content-type": contentType };
  function start(exchange: Exchange): void {
    exchange.start(200, headers);
  }
  function end(exchange: Exchange, error?: ConnectError): void {
    const last = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
    // It is small and the last: whether there is room does not matter.
    void exchange.write(toEnvelope(Buffer.from(last), endStreamFlag));
    exchange.finish();
  }
  return {
    protocol: "connect",
    codec,
    contentType,
    framing: "envelopes",
    encodingHeader: "connect-content-encoding",
    acceptHeader: "connect-accept-encoding",
    ...timeout,
    answer(exchange, message) {
      start(exchange);
      void exchange.write(toEnvelope(message));
      end(exchange);
    },
    start,
    end,
    fail(exchange, error) {
      start(exchange);
      end(exchange, error);
    },
  };
}
