// SPDX-License-Identifier: Apache-2.0
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExportResponse, IExporterTransport } from "@opentelemetry/otlp-exporter-base";
import { GrpcStatusError, isRetryableStatus, unaryCall } from "./grpc-call.ts";
import type { TlsFiles } from "./tls-files.ts";

export interface GrpcTransportOptions {
  /** Scheme, host and port. */
  readonly url: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: "gzip" | "none";
  readonly tls: TlsFiles;
}

const maxAttempts = 5;
const firstWaitMs = 1000;
const maxWaitMs = 5000;

/**
 * Unary gRPC calls over one HTTP/2 connection, which is opened when it is needed and again when it broke.
 *
 * OpenTelemetry's own gRPC exporter finds grpc-js by a `require` at run time, so it does not work from a bundle; it
 * also brings 0.9 MB of code, repeats nothing, and cannot be cut off at the end (an export may last its whole
 * timeout). One method without streaming needs little of gRPC.
 */
export class GrpcTransport implements IExporterTransport {
  readonly #options: GrpcTransportOptions;
  readonly #aborted = new AbortController();
  #session: ClientHttp2Session | undefined;

  constructor(options: GrpcTransportOptions) {
    this.#options = options;
  }

  /** Tries again where gRPC says that it may help, within `timeoutMillis` for all tries. */
  async send(data: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    const deadline = performance.now() + timeoutMillis;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#try(data, deadline - performance.now());
      if (response.status !== "retryable" || attempt === maxAttempts) return response;
      const ceiling = Math.min(firstWaitMs * 2 ** (attempt - 1), maxWaitMs);
      const waitMs = ceiling * (0.5 + Math.random() / 2);
      if (performance.now() + waitMs >= deadline) return response;
      const isOver = await sleep(waitMs, false, { signal: this.#aborted.signal }).catch(() => true);
      if (isOver) return response;
    }
  }

  shutdown(): void {
    this.#session?.close();
  }

  /** Ends calls and waits at once. */
  abort(): void {
    this.#aborted.abort();
    this.#session?.destroy();
  }

  async #try(data: Uint8Array, timeoutMs: number): Promise<ExportResponse> {
    const { path, headers, compression } = this.#options;
    try {
      const session = this.#connected();
      const answer = await unaryCall({ session, path, headers, data, compression, timeoutMs });
      return { status: "success", data: answer };
    } catch (error) {
      const failure = Error.isError(error) ? error : new Error(String(error));
      const isStatus = error instanceof GrpcStatusError;
      // A connection that does not answer in time may be dead without a word, as behind a NAT.
      if (isStatus && error.code === 4) this.#session?.destroy();
      if (this.#aborted.signal.aborted || (isStatus && !isRetryableStatus(error.code)))
        return { status: "failure", error: failure };
      return { status: "retryable", error: failure };
    }
  }

  #connected(): ClientHttp2Session {
    this.#aborted.signal.throwIfAborted();
    const present = this.#session;
    if (present !== undefined && !present.closed && !present.destroyed) return present;
    const session = connect(this.#options.url, { ...this.#options.tls });
    // Calls under way get the error too; without a listener it would end the process.
    session.on("error", () => {});
    session.on("goaway", () => session.close());
    this.#session = session;
    return session;
  }
}
