// SPDX-License-Identifier: Apache-2.0
import type { EnvReader } from "./env-reader.ts";

export type OtlpProtocol = "grpc" | "http/protobuf";

/** Where one signal is sent and how. */
export interface OtlpTarget {
  readonly protocol: OtlpProtocol;
  /** gRPC: scheme, host and port; HTTP: whole, with its path. Without credentials. */
  readonly url: string;
  /** Names in lower case; the values are secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one export with its repetitions; 10 000. */
  readonly timeoutMs: number;
  readonly compression: "gzip" | "none";
  /** PEM files. */
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

/**
 * The target of one signal: `OTEL_EXPORTER_OTLP_<SIGNAL>_*` before `OTEL_EXPORTER_OTLP_*`. Without an endpoint, or with
 * `OTEL_<SIGNAL>_EXPORTER=none`, there is none; OpenTelemetry's default of localhost would fail quietly for ever.
 *
 * Without a protocol it is gRPC, as the original's, unless the port is 4318, which collectors keep for HTTP.
 */
export function readOtlpTarget(reader: EnvReader, signal: "traces" | "metrics"): OtlpTarget | undefined {
  const upper = signal.toUpperCase();
  const exporter = reader.choice(`OTEL_${upper}_EXPORTER`, ["otlp", "none"]);
  if (exporter === "none") return undefined;
  const named = (suffix: string): string => {
    const own = `OTEL_EXPORTER_OTLP_${upper}_${suffix}`;
    return reader.text(own) === undefined ? `OTEL_EXPORTER_OTLP_${suffix}` : own;
  };
  const url = readEndpoint(reader, named("ENDPOINT"), named("INSECURE"));
  if (url === undefined) return undefined;
  const hasOwnEndpoint = reader.text(`OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`) !== undefined;
  const protocol =
    reader.choice(named("PROTOCOL"), ["grpc", "http/protobuf"]) ??
    (url.port === "4318" ? "http/protobuf" : "grpc");
  const files = {
    caFile: reader.text(named("CERTIFICATE")),
    certificateFile: reader.text(named("CLIENT_CERTIFICATE")),
    keyFile: reader.text(named("CLIENT_KEY")),
  };
  return {
    protocol,
    url: targetUrl(url, protocol, hasOwnEndpoint ? undefined : signal),
    headers: readHeaders(reader, upper),
    timeoutMs: reader.integer(named("TIMEOUT"), 1, 600_000) ?? 10_000,
    compression: reader.choice(named("COMPRESSION"), ["gzip", "none"]) ?? "none",
    ...(files.caFile !== undefined && { caFile: files.caFile }),
    ...(files.certificateFile !== undefined && { certificateFile: files.certificateFile }),
    ...(files.keyFile !== undefined && { keyFile: files.keyFile }),
  };
}

/** `host:port` without a scheme is TLS unless `…_INSECURE` is true, as gRPC writes it. */
function readEndpoint(reader: EnvReader, name: string, insecureName: string): URL | undefined {
  const text = reader.text(name);
  if (text === undefined) return undefined;
  const isInsecure = reader.isTrue(insecureName);
  const url = URL.parse(
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http${isInsecure ? "" : "s"}://${text}`,
  );
  if (url === null || url.hostname === "" || (url.protocol !== "http:" && url.protocol !== "https:"))
    return reader.refuse(name, "it is an http:// or https:// address; nothing is sent there");
  if (url.username !== "" || url.password !== "")
    return reader.refuse(
      name,
      "it holds a user or password, which belong into the headers; nothing is sent there",
    );
  return url;
}

/** @param base the signal whose path is appended over HTTP, when the endpoint is that of all signals */
function targetUrl(url: URL, protocol: OtlpProtocol, base: "traces" | "metrics" | undefined): string {
  if (protocol === "grpc") {
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    return `${url.protocol}//${url.hostname}:${port}`;
  }
  if (base === undefined) return url.href;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}/v1/${base}${url.search}`;
}

function readHeaders(reader: EnvReader, upper: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const name of ["OTEL_EXPORTER_OTLP_HEADERS", `OTEL_EXPORTER_OTLP_${upper}_HEADERS`]) {
    for (const [key, value] of Object.entries(reader.pairs(name))) {
      if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(key) && /^[\t\u0020-\u007e]*$/.test(value))
        headers[key.toLowerCase()] = value;
      else reader.refuse(name, "an entry is no HTTP header; the other entries are used");
    }
  }
  return headers;
}
