// SPDX-License-Identifier: Apache-2.0

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

/**
 * Reads Prometheus' text format strictly: each line must be HELP, TYPE or a sample of the family above it.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  let help: readonly string[] = [];
  let current: readonly [string, Family] | undefined;
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment?.[1] === "HELP") help = comment.slice(2);
    else if (comment !== null) {
      const [name = "", type = ""] = comment.slice(2);
      if (families.has(name) || help[0] !== name || !/^(?:counter|gauge|histogram)$/.test(type))
        throw new Error(`doubled, without help or of an unknown type: ${line}`);
      current = [name, { type, help: help[1] ?? "", samples: [] }];
      families.set(...current);
    } else {
      const sample = parseSample(line);
      if (current === undefined || !belongs(sample.name, current))
        throw new Error(`out of its family: ${line}`);
      current[1].samples.push(sample);
    }
  }
  return families;
}

function belongs(name: string, [family, { type }]: readonly [string, Family]): boolean {
  if (type === "histogram") return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name);
  return name === family;
}

function parseSample(line: string): Sample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+0-9.eE]+|NaN|[-+]Inf)$/.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name = "", inner = "", value] = match;
  const labels: Record<string, string> = {};
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/y;
  while (label.lastIndex < inner.length) {
    const found = label.exec(inner);
    if (found === null) throw new Error(`bad labels: ${line}`);
    labels[found[1] ?? ""] = (found[2] ?? "").replaceAll(/\\(.)/g, (_, each: string) =>
      each === "n" ? "\n" : each,
    );
  }
  return { name, labels, value: Number(value) };
}
