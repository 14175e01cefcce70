// The guides' own test harness, before anything is trusted to it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { printed, steps } from "../support/blocks.js";

const fence = "```";

test("what is behind the language says what is done with a block", () => {
  const guide = [
    "# A guide", `${fence}ruby app/a.rb`, "A", fence, "<!-- sign in: ann -->", `${fence}js client`, "x", fence,
    `${fence}text`, "y", fence, `  ${fence}sh`, "  ls", `  ${fence}`, `${fence}py b.py +`, fence,
    `${fence}sh shown: another machine's`, "rm", fence, `${fence}sh beside`, "jobs", fence, `${fence}js page /a/1`, fence,
    "<!-- app: django -->", "<!-- alone -->",
  ].join("\n");
  const kinds = steps(guide).map(({ kind, line }) => [kind, line]);
  assert.deepEqual(kinds, [["file", 2], ["sign in", 5], ["client", 6], ["output", 9], ["commands", 12], ["file", 15], ["shown", 17], ["beside", 20], ["page", 23], ["app", 25], ["alone", 26]]);
  assert.equal(steps(guide)[0].text, "A\n");
  assert.equal(steps(guide)[4].text, "ls\n");
  assert.equal(steps(guide)[5].more, true);
  assert.equal(steps(guide)[8].path, "/a/1");
  assert.equal(steps(guide)[9].app, "django");
});

test("a block that says nothing is an error, and so is one without an end", () => {
  assert.throws(() => steps(`\n${fence}ruby\nA\n${fence}`), /line 2: what is to be done/);
  assert.throws(() => steps(`${fence}python client\nA\n${fence}`), /line 1: what is to be done/);
  assert.throws(() => steps(`${fence}js client\nA`), /never closed/);
});

test("output is compared line by line, and … stands for anything", () => {
  assert.ok(printed("one\nnoise\ntwo 17\n", "one\ntwo …\n"));
  assert.ok(!printed("two 17\none\n", "one\ntwo …\n"));
  assert.ok(!printed("onex\n", "one\n"));
  assert.ok(printed("a (b) [c]\n", "a (b) […]\n"));
});
