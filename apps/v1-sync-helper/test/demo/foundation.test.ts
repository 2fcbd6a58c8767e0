// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, test } from "vitest";
import { Book } from "../../demo/foundation/book.ts";
import { encodeObject } from "../../demo/foundation/columns.ts";
import { type Foundation, plantFoundation } from "../../demo/foundation/plant.ts";
import { editionIn, parentIdOf, stamped, type V1Object } from "../../demo/foundation/v1-object.ts";
import { createRandom } from "../../demo/random.ts";
import { decodeRecord } from "../../src/records/decode-record.ts";

const seeds = fc.nat(999_999_999);

function bookOf({ objects }: Foundation): Book {
  const book = new Book();
  book.enter(...objects);
  return book;
}

/** What v2 keeps apart. */
function naturalKey(object: V1Object): string {
  switch (object.kind) {
    case "project":
      return object.fields.slug;
    case "committee":
      return `${object.fields.projectId} ${object.fields.name}`;
    case "member":
      return `${object.fields.committeeId} ${object.fields.person.email}`;
  }
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

describe("a foundation", () => {
  test("is the same for the same seed, and another for another", ({ expect }) => {
    const text = (seed: number): string => JSON.stringify(plantFoundation(seed).objects);
    expect(text(7)).toBe(text(7));
    expect(text(7)).not.toBe(text(8));
  });

  test("has parents before their children, one root, and no id or name twice", ({ expect }) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { objects, root, trouble } = plantFoundation(seed);
        const known = new Set<string | undefined>();
        for (const object of objects) {
          const parentId = parentIdOf(object);
          expect(object === root ? parentId === undefined : known.has(parentId)).toBe(true);
          known.add(object.id);
        }
        expect(isUnique(objects.map(({ id }) => id))).toBe(true);
        const others = objects.filter((object) => object !== trouble.twin);
        expect(isUnique(others.map((object) => `${object.kind} ${naturalKey(object)}`))).toBe(true);
        expect(naturalKey(trouble.twin)).toBe(naturalKey(trouble.elder));
      }),
      { numRuns: 20 },
    );
  });

  test("its cast has people, machines and somebody whom v1 does not know", ({ expect }) => {
    const { cast } = plantFoundation(7);
    expect(new Set(cast.editors.map(({ kind }) => kind))).toEqual(new Set(["person", "machine", "unknown"]));
    expect(isUnique(cast.people.map(({ email }) => email))).toBe(true);
    const unknown = cast.editors.find(({ kind }) => kind === "unknown");
    expect(cast.people.some(({ id }) => id === unknown?.id)).toBe(false);
  });
});

describe("the book", () => {
  test("knows what is due, what waits, and what has failed", ({ expect }) => {
    const foundation = plantFoundation(7);
    const { trouble, root } = foundation;
    const without = new Book();
    without.enter(...foundation.objects.slice(1));
    expect(without.due).toEqual([]);
    const flaws = (book: Book) => new Set(book.failed.map(({ flaw }) => flaw));
    expect(flaws(without)).toEqual(new Set(["address", "cut", "empty", "slug"]));
    expect(without.waiting).toHaveLength(foundation.objects.length - 5);

    const book = bookOf(foundation);
    expect(flaws(book)).toEqual(new Set(["address", "cut", "empty", "slug", "taken"]));
    // The misnamed project's committee with its four members, and the empty committee's two.
    expect(book.waiting).toHaveLength(7);
    expect(book.due).toHaveLength(foundation.objects.length - 12);

    book.edit(trouble.misnamed, root.editor);
    book.clear(trouble.twin);
    expect(flaws(book)).toEqual(new Set(["address", "cut", "empty"]));
    expect(book.waiting).toHaveLength(2);
  });

  test("remembers who made which edition, and what went", ({ expect }) => {
    const foundation = plantFoundation(7);
    const { pilot, cast, root } = foundation;
    const [first = root.editor, second = root.editor] = cast.editors;
    const book = bookOf(foundation);
    book.edit(pilot, first, { name: "Pound Pilot" });
    book.edit(pilot, second, { purpose: "More." });
    const last = book.remove(pilot, first, "marked");
    expect(book.editions(pilot.id).map(({ edition, editor }) => [edition, editor.id])).toEqual([
      [1, pilot.editor.id],
      [2, first.id],
      [3, second.id],
      [4, first.id],
    ]);
    expect(book.current(pilot.id).fields).toMatchObject({ name: "Pound Pilot", purpose: "More." });
    expect(last.removal).toBe("marked");
    expect(book.alive.some(({ id }) => id === pilot.id)).toBe(false);
    expect(() => book.current("nobody")).toThrow("nobody");
  });
});

describe("records", () => {
  test("can be read in both forms, but for those that are broken", ({ expect }) => {
    const { objects } = plantFoundation(7);
    const unreadable = objects.filter((object) => !decodeRecord(encodeObject(object, 1)).ok);
    expect(new Set(unreadable.map(({ flaw }) => flaw))).toEqual(new Set(["cut", "empty"]));
    const firstBytes = new Set(objects.map((object) => encodeObject(object, 1)[0]));
    expect(firstBytes.has(0x7b)).toBe(true);
    expect(firstBytes.size).toBeGreaterThan(2);
  });

  test("only a mark that was set at the last change says who deleted", ({ expect }) => {
    const { pilot } = plantFoundation(7);
    const marked = decodeRecord(encodeObject({ ...pilot, removal: "marked" }, 1_700_000_000_000));
    if (!marked.ok) throw new Error("It cannot be read.");
    const { columns, isDeleted } = marked.record;
    expect(isDeleted).toBe(true);
    expect(columns["_sdc_deleted_at"]).toBe(columns["lastmodifieddate"]);
  });

  test("the edition stands at the end of a text", ({ expect }) => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 999 }), (text, edition) => {
        expect(editionIn(stamped(text, edition))).toBe(edition);
      }),
    );
    expect([editionIn("no edition"), editionIn(undefined), editionIn("(3) before")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test("chance is the same for the same seed, and loses nothing", ({ expect }) => {
  fc.assert(
    fc.property(seeds, fc.array(fc.nat()), (seed, list) => {
      const shuffled = createRandom(seed).shuffle(list);
      expect(createRandom(seed).shuffle(list)).toEqual(shuffled);
      expect(shuffled.toSorted((a, b) => a - b)).toEqual(list.toSorted((a, b) => a - b));
    }),
  );
  expect(() => createRandom(1).pick([])).toThrow(RangeError);
});
