// SPDX-License-Identifier: Apache-2.0

const longestLine = 2_000;
const overwrittenEveryMs = 1_000;

/**
 * Cuts what git writes to stderr into lines. Of a line that is written over and over (`Receiving objects:  42%`,
 * ended by a carriage return) one a second is enough; its last version always comes, since that ends with a newline.
 */
export class ProgressLines {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #nextOverwrittenAtMs = 0;

  /** @returns the lines that are whole now, without their ends; longer ones than 2,000 characters are cut */
  add(bytes: Uint8Array, nowMs: number): readonly string[] {
    const pieces = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/(\r?\n|\r(?!$))/);
    // Pieces and their ends take turns; the last piece has no end yet.
    this.#rest = (pieces.pop() ?? "").slice(0, longestLine);
    const lines: string[] = [];
    for (let at = 0; at < pieces.length; at += 2) {
      const [text = "", end = ""] = pieces.slice(at, at + 2);
      if (this.#isWanted(end, nowMs)) lines.push(text);
    }
    return lines.map(clean).filter((line) => line !== "");
  }

  /** @returns the last line, where it has no end */
  end(): readonly string[] {
    const line = clean(this.#rest);
    this.#rest = "";
    return line === "" ? [] : [line];
  }

  #isWanted(end: string, nowMs: number): boolean {
    if (end !== "\r") return true;
    if (nowMs < this.#nextOverwrittenAtMs) return false;
    this.#nextOverwrittenAtMs = nowMs + overwrittenEveryMs;
    return true;
  }
}

/** Git pads lines for a terminal, and a server may send anything. */
function clean(line: string): string {
  return line
    .slice(0, longestLine)
    .replaceAll(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "")
    .trimEnd();
}
