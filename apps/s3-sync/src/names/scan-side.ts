// SPDX-License-Identifier: Apache-2.0
import { fieldOf, type ListingPage, listPage, type ProbeContext, ProbeFailure } from "../preflight/index.ts";
import { NameTally } from "./name-tally.ts";
import { mayBeOdd } from "./odd-name.ts";

const MAX_ATTEMPTS = 5;

/** Text in which a slash or a dot may be hidden by an encoding. */
const HIDDEN = /%2[ef]|&#/i;

/**
 * Looks at every name of a side, page by page.
 *
 * @throws {ProbeFailure} where a page cannot be had
 */
export async function scanSide(context: ProbeContext): Promise<NameTally> {
  const { prefix } = context.side;
  const tally = new NameTally();
  let after = "";
  for (;;) {
    context.signal.throwIfAborted();
    const page = await listPage(context, { prefix, after, maxAttempts: MAX_ATTEMPTS });
    tallyPage(page, prefix, tally);
    if (!page.isTruncated) return tally;
    const last = page.decodeKey(fieldOf(page.contents.at(-1) ?? "", "Key"));
    if (last === "" || last === after)
      throw new ProbeFailure({ failureClass: "temporary", text: "lists pages that lead nowhere" });
    after = last;
  }
}

function tallyPage(page: ListingPage, prefix: string, tally: NameTally): void {
  for (const content of page.contents) {
    const text = fieldOf(content, "Key");
    // Nearly all names end here; only a name that may be odd is worth decoding.
    if (!mayBeOdd(text) && !HIDDEN.test(text)) continue;
    tally.add(page.decodeKey(text).slice(prefix.length), fieldOf(content, "Size"));
  }
}

/** The size of one object as the listing writes it; `undefined` when it is not there. @throws {ProbeFailure} */
export async function sizeOf(context: ProbeContext, name: string): Promise<string | undefined> {
  const key = context.side.prefix + name;
  // Listed, not asked for by its head: a path such as "x/../y" may be straightened out on its way.
  const page = await listPage(context, { prefix: key, after: "", maxKeys: 1, maxAttempts: MAX_ATTEMPTS });
  const [content] = page.contents;
  if (content === undefined || page.decodeKey(fieldOf(content, "Key")) !== key) return undefined;
  return fieldOf(content, "Size");
}
