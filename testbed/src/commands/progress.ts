// SPDX-License-Identifier: Apache-2.0
import type { FetchObserver } from "../package-store.ts";

/** Where progress goes; `process.stdout` fits. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress extends Disposable {
  readonly observer: FetchObserver;
  /** Writes one lasting line. */
  say(line: string): void;
}

/** Milliseconds between repaints of the live line, and between signs of life where there is none. */
const repaintMs = 250;
const signOfLifeMs = 30_000;

/** What is being fetched, since when, and the last line its package client wrote. */
interface Activity {
  readonly version: string;
  readonly startedAt: number;
  lastLine: string;
}

/**
 * Progress of several fetches: lasting lines for what starts and ends, and on a terminal one live line below
 * them. Elsewhere a line every half minute shows that a long build goes on.
 */
export function createProgress(terminal: Terminal): Progress {
  const running = new Map<string, Activity>();
  const isLive = terminal.isTTY === true;
  const erase = isLive ? "\r\u001B[2K" : "";
  const say = (line: string): void => {
    terminal.write(`${erase}${line}\n`);
  };
  const repaint = (): void => {
    if (running.size > 0)
      terminal.write(`${erase}${liveLine(running).slice(0, (terminal.columns ?? 80) - 1)}`);
  };
  const signOfLife = (): void => {
    for (const [name, activity] of running) say(`  ${status(name, activity)}`);
  };
  const timer = isLive ? setInterval(repaint, repaintMs) : setInterval(signOfLife, signOfLifeMs);
  timer.unref();
  return {
    observer: {
      started: (name, version) => {
        running.set(name, { version, startedAt: performance.now(), lastLine: "" });
        say(`  ${name} ${version}: fetching …`);
      },
      line: (name, text) => {
        const activity = running.get(name);
        if (activity !== undefined) activity.lastLine = text.trim();
      },
      waiting: (name, holder) => say(`  ${name}: process ${holder} is fetching it; waiting …`),
      finished: (name, version, durationMs) => {
        running.delete(name);
        say(`  ${name} ${version}: fetched in ${seconds(durationMs)}`);
      },
    },
    say,
    [Symbol.dispose]() {
      clearInterval(timer);
      terminal.write(erase);
    },
  };
}

function liveLine(running: ReadonlyMap<string, Activity>): string {
  return [...running].map(([name, activity]) => status(name, activity)).join(" | ");
}

function status(name: string, { startedAt, lastLine }: Activity): string {
  return `${name} ${seconds(performance.now() - startedAt)}${lastLine === "" ? "" : `: ${lastLine}`}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
