// SPDX-License-Identifier: Apache-2.0
import { createSecretMatcher, type RedactorOptions, redactedMark, type SecretMatcher } from "./redactor.ts";
import { isSensitiveKey, mayHoldSensitiveKey } from "./sensitive-keys.ts";

/** A name as programs choose it: a secret that reads so (`status`) is told by none of our own names. */
const plainName = /^[a-z][A-Za-z]{0,31}(?:_[a-z]{1,31}){0,4}$/;

/** Words of the program's own by which lines are found; only at the top of a line. */
const labels: ReadonlySet<string> = new Set(["level", "time", "service", "version", "event", "status"]);
const plainLabel = /^[\w.:+-]{1,40}$/;

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g;

/**
 * Makes a function that hides secrets in one line of JSON and leaves it JSON: the given values wherever they stand
 * (see {@link createRedactor}), and whatever stands under a key that names a secret, at any depth.
 *
 * Names in plain letters (`status`, `objects_copied`, `maxDelete`) stay, and so do one-word values of `level`, `time`,
 * `service`, `version`, `event` and `status` at the top: a secret such as `status` would else take away what lines
 * are found by. They are the program's own words; never log somebody else's under them.
 *
 * Everything else stays byte for byte. `true`, `false` and `null` are never hidden; numbers are, except under
 * a plural (`tokens: 512` is a count).
 */
export function createLineRedactor(
  secrets: readonly string[],
  options: RedactorOptions = {},
): (line: string) => string {
  const matcher = createSecretMatcher(secrets, options);
  return (line) =>
    mayHoldSensitiveKey(line) || matcher?.test(line) === true
      ? new LineRewriter(line, matcher).rewrite()
      : line;
}

class LineRewriter {
  readonly #line: string;
  readonly #matcher: SecretMatcher | undefined;
  #depth = 0;
  /** Depth at which a sensitive value began; everything at or below it is hidden. */
  #hiddenFrom: number | undefined;
  #key = "";

  constructor(line: string, matcher: SecretMatcher | undefined) {
    this.#line = line;
    this.#matcher = matcher;
  }

  rewrite(): string {
    return this.#line.replaceAll(token, (text, offset: number) => this.#next(text, offset + text.length));
  }

  #next(text: string, end: number): string {
    if (text === "{" || text === "[") this.#depth += 1;
    else if (text === "}" || text === "]") this.#close();
    else if (text === ",") this.#endValue();
    else if (text.startsWith('"')) return this.#isKey(end) ? this.#startKey(text) : this.#string(text);
    else if (text !== ":") return this.#word(text);
    return text;
  }

  #isKey(end: number): boolean {
    return /^\s*:/.test(this.#line.slice(end, end + 8));
  }

  #startKey(text: string): string {
    const name = decode(text);
    this.#key = name;
    if (this.#hiddenFrom === undefined && isSensitiveKey(name)) this.#hiddenFrom = this.#depth;
    return plainName.test(name) ? text : this.#reveal(text, name);
  }

  #string(text: string): string {
    if (this.#hiddenFrom !== undefined) return JSON.stringify(redactedMark);
    const value = decode(text);
    return this.#isLabel(value) ? text : this.#reveal(text, value);
  }

  #isLabel(value: string): boolean {
    return this.#depth === 1 && labels.has(this.#key) && plainLabel.test(value);
  }

  #word(text: string): string {
    if (text === "true" || text === "false" || text === "null") return text;
    const isHidden = this.#hiddenFrom !== undefined && !this.#key.toLowerCase().endsWith("s");
    if (isHidden || this.#matcher?.test(text) === true) return JSON.stringify(redactedMark);
    return text;
  }

  #reveal(text: string, value: string): string {
    if (this.#matcher?.test(value) !== true) return text;
    return JSON.stringify(this.#matcher.hide(value));
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#hiddenFrom !== undefined && this.#depth < this.#hiddenFrom) this.#hiddenFrom = undefined;
  }

  #endValue(): void {
    if (this.#depth === this.#hiddenFrom) this.#hiddenFrom = undefined;
  }
}

function decode(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
