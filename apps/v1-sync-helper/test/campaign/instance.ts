// SPDX-License-Identifier: MIT
import { freePort } from "@repo/testkit";
import { type Fault, type FaultProxy, startFaultProxy } from "@repo/testkit/fault-proxy";
import { type Executable, runExecutable } from "@repo/testkit/process";
import type { Platform } from "./platform.ts";

/** Lines of each life that are kept to be looked into. */
const keptLines = 30_000;

export interface InstanceOptions {
  readonly name: string;
  /** The built program. */
  readonly bundle: string;
  readonly platform: Platform;
  /** Beside the platform's. */
  readonly env: Readonly<Record<string, string>>;
}

/** One replica of the program, behind a network of its own to NATS; it is killed and comes back as in a cluster. */
export class Instance implements AsyncDisposable {
  readonly name: string;
  readonly #bundle: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #proxy: FaultProxy;
  #running: Executable | undefined;
  #ownFaults: readonly Fault[] = [];
  #isNatsAway = false;
  /** What each life of it wrote. */
  readonly lives: Executable[] = [];

  private constructor(options: InstanceOptions, proxy: FaultProxy) {
    const { name, bundle, platform, env } = options;
    this.name = name;
    this.#bundle = bundle;
    this.#proxy = proxy;
    this.#env = { ...platform.env, ...env, NATS_URL: proxy.url };
  }

  static async start(options: InstanceOptions): Promise<Instance> {
    const proxy = await startFaultProxy({ target: options.platform.nats.url });
    const instance = new Instance(options, proxy);
    await instance.run();
    return instance;
  }

  /** Nothing happens when it runs. */
  async run(): Promise<void> {
    if (this.#running !== undefined) return;
    this.#running = await runExecutable({
      file: this.#bundle,
      args: ["serve"],
      env: { ...this.#env, PORT: String(await freePort()) },
      nodeArgs: ["--enable-source-maps"],
      keepLines: keptLines,
      diesWithParent: true,
    });
    this.lives.push(this.#running);
  }

  /** @returns whether it ended as it should */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<boolean> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return true;
    running.kill(signal);
    // Whoever is frozen hears of SIGTERM when they go on.
    running.kill("SIGCONT");
    const { code } = await running.waitForExit({ deadlineMs: 40_000 });
    // While Node itself is still starting nobody can handle a signal.
    const hasStarted = running.stdout.lines.some((line) => line.includes('"msg":"started"'));
    return signal === "SIGKILL" || code === 0 || !hasStarted;
  }

  freeze(): void {
    this.#running?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#running?.kill("SIGCONT");
  }

  /** Tears its connections to NATS down once. */
  cut(): void {
    this.#proxy.resetAll();
  }

  /** Of its network to NATS, until the next call. */
  setFaults(...faults: readonly Fault[]): void {
    this.#ownFaults = faults;
    this.#apply();
  }

  /** Keeps it away from NATS, whatever else its network does. */
  setNatsAway(isAway: boolean): void {
    this.#isNatsAway = isAway;
    this.#apply();
  }

  #apply(): void {
    if (this.#isNatsAway) {
      this.#proxy.setFaults({ kind: "reset" });
      this.#proxy.resetAll();
    } else this.#proxy.setFaults(...this.#ownFaults);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
  }
}

/** Log lines of level error that tell of a defect, or of an object that nobody knows. */
export function alarmsOf(instance: Instance): readonly string[] {
  return instance.lives.flatMap(({ stdout, stderr }) => [
    ...stdout.lines.filter((line) =>
      /"a defect of this program"|"objects of v2 have no record in v1"|ends irregularly|could not do its work/.test(
        line,
      ),
    ),
    ...stderr.lines.filter((line) => line.trim() !== ""),
  ]);
}
