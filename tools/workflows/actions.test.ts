// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { unpinnedActions } from "./actions.ts";

const workflow = `
jobs:
  one:
    steps:
      - uses: actions/checkout@v7.0.1
      - uses: actions/cache@v5
      - uses: some/action@main
      - uses: some/action@0123456789abcdef0123456789abcdef01234567
      - uses: ./.github/actions/ours
      - run: "echo uses: nothing@v1"
`;

test("an action must be pinned to an exact version or a commit", ({ expect }) => {
  expect(unpinnedActions(workflow)).toEqual(["actions/cache@v5", "some/action@main"]);
});
