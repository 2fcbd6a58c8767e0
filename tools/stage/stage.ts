// SPDX-License-Identifier: Apache-2.0
import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { formatDuration, wrapText } from "./format.ts";

type Style = Parameters<typeof styleText>[0];

/** Least time between two progress lines where lines cannot be rewritten. */
const plainIntervalMs = 3_000;

export type Update = (text: string) => void;

/** What the audience sees: finished lines, and one line that changes while work is under way. */
export interface Stage {
  /** Characters of a line: the terminal's, but from 72 to 100. */
  readonly width: number;
  readonly isTerminal: boolean;
  style(style: Style, text: string): string;
  print(line?: string): void;
  /** A paragraph in a paler tone, indented by 2 unless told otherwise. */
  note(text: string, indent?: number): void;
  /** Shows what `work` reports while it runs; nothing stays of it. */
  follow<T>(title: string, work: (update: Update) => Promise<T>): Promise<T>;
  /** The same, and leaves a line with a mark and how long it took. */
  task<T>(title: string, work: (update: Update) => Promise<T>): Promise<T>;
  /** A finished line: mark, text, and something at the right edge. */
  mark(isGood: boolean, text: string, right?: string): void;
}

/** @param stream its columns and colours decide, as do NO_COLOR and FORCE_COLOR */
export function createStage(stream: NodeJS.WriteStream): Stage {
  const isTerminal = stream.isTTY;
  const width = Math.min(100, Math.max(72, isTerminal ? stream.columns : 96));
  const live = isTerminal ? createLogUpdate(stream) : undefined;
  const style = (format: Style, text: string): string => styleText(format, text, { stream });
  const print = (line = ""): void => void stream.write(`${line}\n`);

  async function follow<T>(title: string, work: (update: Update) => Promise<T>): Promise<T> {
    const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    let text = "";
    let frame = 0;
    let printedAt = performance.now();
    const draw = (): void => {
      const line = `${title}${text === "" ? "" : ` · ${text}`}`.slice(0, width - 5);
      live?.(`  ${style("cyan", frames[frame++ % frames.length] ?? "")} ${line}`);
    };
    const timer = live && setInterval(draw, 80);
    try {
      return await work((next) => {
        const isNews = next !== text;
        text = next;
        if (live !== undefined || !isNews || performance.now() - printedAt < plainIntervalMs) return;
        printedAt = performance.now();
        print(`  … ${title} · ${text}`);
      });
    } finally {
      clearInterval(timer);
      live?.clear();
      live?.done();
    }
  }

  function mark(isGood: boolean, text: string, right = ""): void {
    const sign = isGood ? style("green", "✔") : style("red", "✘");
    const room = width - 4 - (right === "" ? 0 : right.length + 2);
    for (const [index, line] of wrapText(text, room).entries()) {
      const tail =
        index === 0 && right !== "" ? `${" ".repeat(room - line.length + 2)}${style("dim", right)}` : "";
      print(`  ${index === 0 ? sign : " "} ${isGood ? line : style("red", line)}${tail}`);
    }
  }

  return {
    width,
    isTerminal,
    style,
    print,
    follow,
    mark,
    note(text, indent = 2) {
      for (const line of wrapText(text, width - indent)) print(`${" ".repeat(indent)}${style("dim", line)}`);
    },
    async task(title, work) {
      const startedAt = performance.now();
      const result = await follow(title, work);
      mark(true, title, formatDuration(performance.now() - startedAt));
      return result;
    },
  };
}
