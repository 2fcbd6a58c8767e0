// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { type Gauge, toExposition } from "./exposition.ts";

interface Parsed {
  name: string;
  help: string;
  labels: Record<string, string>;
  value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SERIES =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,(?!\})|(?=\})))*)\})? (\S+)$/;

/** Reads the text format by the letter: HELP, TYPE, sample, nothing else, every line ended. */
function parse(text: string): Parsed[] {
  if (!text.endsWith("\n")) throw new SyntaxError("the last line is not ended");
  const lines = text.slice(0, -1).split("\n");
  const parsed: Parsed[] = [];
  for (let at = 0; at < lines.length; at += 3) {
    const [, helpName = "", help = ""] = /^# HELP (\S+) (.*)$/.exec(lines[at] ?? "") ?? [];
    const [, typeName] = /^# TYPE (\S+) gauge$/.exec(lines[at + 1] ?? "") ?? [];
    const [, name = "", labels = "", value = ""] = SERIES.exec(lines[at + 2] ?? "") ?? [];
    if (!NAME.test(name) || helpName !== name || typeName !== name) throw new SyntaxError(`line ${at + 1}`);
    if (/\\(?![\\n])/.test(help.replaceAll("\\\\", ""))) throw new SyntaxError(`escape in line ${at + 1}`);
    const pairs = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)];
    parsed.push({
      name,
      help: unescape(help),
      labels: Object.fromEntries(pairs.map(([, label = "", text = ""]) => [label, unescape(text)])),
      value: parseValue(value),
    });
  }
  return parsed;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
}

function parseValue(text: string): number {
  const words: Record<string, number> = { "+Inf": Infinity, "-Inf": -Infinity, NaN: Number.NaN };
  const value = words[text] ?? Number(text);
  if (words[text] === undefined && !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text))
    throw new SyntaxError(`value ${text}`);
  return value;
}

describe("the text format", () => {
  const gauge = fc.record({
    name: fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/),
    help: fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\u0085\u2028\u2029]/g, "")),
    value: fc.double(),
    labels: fc.dictionary(
      fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/),
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom('"', "\\n", "\\", "\n", "},", '\\"')),
      {
        noNullPrototype: true,
      },
    ),
  });

  test("carries every name, help, label and number", ({ expect }) => {
    fc.assert(
      fc.property(fc.array(gauge, { minLength: 1 }), (gauges: Gauge[]) => {
        // No number of a run is a negative zero, which the text would lose.
        const expected = gauges.map(({ value, ...rest }) => ({ ...rest, value: value === 0 ? 0 : value }));
        expect(parse(toExposition(expected))).toEqual(expected);
      }),
    );
  });

  test("is what the documentation shows", ({ expect }) => {
    const text = toExposition([{ name: "a", help: "B.", value: 1.5, labels: { c: 'd"e\\f\ng', h: "" } }]);
    expect(text).toBe('# HELP a B.\n# TYPE a gauge\na{c="d\\"e\\\\f\\ng",h=""} 1.5\n');
  });
});
