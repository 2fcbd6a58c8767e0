// SPDX-License-Identifier: MIT
import type { Author } from "../objects/author.ts";
import type { Person } from "../objects/world.ts";
import { isUsableIdentifier, parseEditor } from "./editor.ts";

/** In whose name v2 is called. */
export interface Authors {
  /** Who made the change, by the record's `lastmodifiedbyid`. @throws {UnavailableError} when v1 does not answer */
  readonly authorOf: (lastModifiedBy: string | undefined) => Promise<Author>;
  /** Nobody in particular: for whoever cannot be found. */
  readonly fallback: Author;
  /** This program, for its own reads. */
  readonly self: Author;
}

/** @param clientId HEIMDALL_CLIENT_ID: as `v1_sync_helper`, it is the fallback's `sub`, and `…@clients` its principal */
export function createAuthors(
  clientId: string,
  person: (id: string) => Promise<Person | undefined>,
): Authors {
  const fallback: Author = { ...machine(clientId), kind: "fallback" };

  async function personOr(id: string): Promise<Author> {
    const found = await person(id);
    if (found === undefined)
      return { ...fallback, why: "v1 knows nobody, or nobody with a username, of this lastmodifiedbyid" };
    const { username, email } = found;
    if (!isUsableIdentifier(username))
      return { ...fallback, why: "the person's username in v1 cannot be an identifier in v2" };
    return {
      principal: username,
      subject: username,
      ...(email === undefined ? {} : { email }),
      onBehalfOf: username,
      kind: "person",
    };
  }

  return {
    async authorOf(lastModifiedBy) {
      const editor = parseEditor(lastModifiedBy);
      if (editor.kind === "nobody") return { ...fallback, why: editor.why };
      if (editor.kind === "person") return personOr(editor.id);
      return { ...machine(editor.name), onBehalfOf: editor.name };
    },
    fallback,
    self: machine(clientId),
  };
}

/** The `sub` is without `@clients`, as the brief has it; the original's later versions wrote it with. */
function machine(name: string): Author {
  return { principal: `${name}@clients`, subject: name, kind: "machine" };
}
