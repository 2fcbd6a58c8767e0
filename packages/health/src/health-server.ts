// SPDX-License-Identifier: Apache-2.0
import { type CheckOutcome, CheckRunner, type HealthCheck } from "./checks.ts";
import { type Answer, Listener } from "./listener.ts";
import { LoopWatch } from "./loop-watch.ts";

export type HealthState = "starting" | "ready" | "draining";

export interface ListenAddress {
  /** Name or address; `*` is every interface, IPv6 and IPv4. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface HealthServerOptions extends ListenAddress {
  /** What must be right for `/readyz`. */
  readonly checks?: readonly HealthCheck[];
  /** What must be right for `/livez` beside the event loop: what only a restart mends. Default none. */
  readonly liveChecks?: readonly HealthCheck[];
  /** `/livez` fails once for each look before which the event loop stood still this long; default 10,000 ms. */
  readonly stallMs?: number;
  /** What a page without fault says, unless it is asked to be verbose; default `ok`. */
  readonly okBody?: string;
  /** Prometheus text for `/metrics`; without it there is no such page. */
  readonly metrics?: () => Promise<string> | string;
  /** Time for a client to send its request; default 5,000 ms. */
  readonly requestTimeoutMs?: number;
  /** Serves `/metrics`, and nothing else, on an address of its own. */
  readonly metricsListener?: ListenAddress;
}

/** The endpoints while they are open; dispose them last, so that they answer during the drain. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  /** Present when there is a listener for metrics. */
  readonly metricsPort?: number;
  readonly state: HealthState;
  /** `/readyz` now depends on the checks. No effect once draining. */
  markReady(): void;
  /** `/readyz` fails from now on; everything else goes on. */
  markDraining(): void;
}

/**
 * Opens `/livez`, `/readyz`, `/healthz` and `/metrics` over plain HTTP.
 *
 * Text as Kubernetes writes it: `ok`, or with `?verbose` and on failure a line for each check (`[+]nats ok`,
 * `[-]nats failed: no connection`), with 200 or 503. One check alone: `/readyz/nats`. `/healthz` is another name of `/livez`.
 *
 * @throws {HealthServerError} when an address cannot be had; nothing stays open then
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  await using opened = new AsyncDisposableStack();
  const pages = opened.use(new HealthPages(options));
  const { host, port, metricsListener: apart, requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const withMetrics = apart === undefined;
  const listener = opened.use(
    await Listener.open({
      host,
      port,
      requestTimeoutMs,
      respond: (url) => pages.answer(url, { withMetrics }),
    }),
  );
  const respond = (url: URL) => pages.answerMetricsOnly(url);
  const metricsListener = apart && opened.use(await Listener.open({ ...apart, requestTimeoutMs, respond }));
  const stack = opened.move();
  // A stack that is being disposed says at once that it is done; whoever disposes twice has to wait as well.
  let closing: Promise<void> | undefined;
  return {
    port: listener.port,
    ...(metricsListener !== undefined && { metricsPort: metricsListener.port }),
    get state() {
      return pages.state;
    },
    markReady: () => pages.markReady(),
    markDraining: () => pages.markDraining(),
    [Symbol.asyncDispose]: () => (closing ??= stack.disposeAsync()),
  };
}

const notFound: Answer = {
  status: 404,
  body: "no such page; there are /livez, /readyz, /healthz and /metrics\n",
};
const prometheusText = "text/plain; version=0.0.4; charset=utf-8";
const defaultStallMs = 10_000;
const defaultRequestTimeoutMs = 5000;

class HealthPages implements Disposable {
  readonly #ready: readonly CheckRunner[];
  readonly #live: readonly CheckRunner[];
  readonly #metrics: HealthServerOptions["metrics"];
  readonly #stallMs: number;
  readonly #okBody: string;
  readonly #watch: LoopWatch;
  #state: HealthState = "starting";

  constructor(options: HealthServerOptions) {
    const { checks = [], liveChecks = [], stallMs = defaultStallMs, okBody = "ok", metrics } = options;
    if (!(stallMs > 0)) throw new TypeError("stallMs must be a number of milliseconds above 0.");
    this.#ready = checks.map((check) => new CheckRunner(check));
    this.#live = liveChecks.map((check) => new CheckRunner(check));
    this.#metrics = metrics;
    this.#stallMs = stallMs;
    this.#okBody = okBody;
    this.#watch = new LoopWatch(stallMs);
  }

  get state(): HealthState {
    return this.#state;
  }

  markReady(): void {
    if (this.#state === "starting") this.#state = "ready";
  }

  markDraining(): void {
    this.#state = "draining";
  }

  async answer(url: URL, { withMetrics }: { readonly withMetrics: boolean }): Promise<Answer> {
    const [, page = "", name, ...rest] = url.pathname.split("/");
    if (rest.length > 0) return notFound;
    const isVerbose = url.searchParams.has("verbose");
    switch (page) {
      case "livez":
      case "healthz":
        return this.#report(
          page,
          await outcomes(this.#live, name, () => this.#loop(), "event-loop"),
          isVerbose,
        );
      case "readyz":
        return this.#report(
          page,
          await outcomes(this.#ready, name, () => this.#lifecycle(), "lifecycle"),
          isVerbose,
        );
      case "metrics":
        return withMetrics && name === undefined ? this.#metricsPage() : notFound;
      default:
        return notFound;
    }
  }

  async answerMetricsOnly(url: URL): Promise<Answer> {
    return url.pathname === "/metrics"
      ? this.#metricsPage()
      : { status: 404, body: "no such page; there is /metrics\n" };
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #lifecycle(): CheckOutcome {
    return this.#state === "ready" ? { name: "lifecycle" } : { name: "lifecycle", reason: this.#state };
  }

  #loop(): CheckOutcome {
    const stalledMs = Math.round(this.#watch.take());
    if (stalledMs < this.#stallMs) return { name: "event-loop" };
    return { name: "event-loop", reason: `stood still for ${stalledMs} ms since the last look` };
  }

  #report(page: string, checks: readonly CheckOutcome[], isVerbose: boolean): Answer {
    if (checks.length === 0) return notFound;
    const isFine = checks.every(({ reason }) => reason === undefined);
    if (isFine && !isVerbose) return { status: 200, body: this.#okBody };
    const lines = checks.map(({ name, reason }) =>
      reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
    );
    const verdict = `${page} check ${isFine ? "passed" : "failed"}`;
    return { status: isFine ? 200 : 503, body: `${[...lines, verdict].join("\n")}\n` };
  }

  async #metricsPage(): Promise<Answer> {
    if (this.#metrics === undefined) return notFound;
    try {
      return { status: 200, contentType: prometheusText, body: await this.#metrics() };
    } catch {
      return { status: 500, body: "the metrics could not be collected\n" };
    }
  }
}

/** The page's own check and the given ones, or the one called `only`. */
async function outcomes(
  runners: readonly CheckRunner[],
  only: string | undefined,
  own: () => CheckOutcome,
  ownName: string,
): Promise<readonly CheckOutcome[]> {
  const chosen = runners.filter(({ name }) => only === undefined || name === only);
  const first = only === undefined || only === ownName ? [own()] : [];
  return [...first, ...(await Promise.all(chosen.map((runner) => runner.run())))];
}
