// Sizes of files and of pictures, as on the server (tests/test_file_sizes.py).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { shortSize, shownSize, spokenSize } from "../../chat/static/chat/js/helpers/sizes.js";

const { sizes, boxes } = JSON.parse(readFileSync(new URL("../vectors/file_sizes.json", import.meta.url)));

test("sizes of files are written and spoken as on the server", () => {
  assert.deepEqual(sizes.map(([size]) => [size, shortSize(size), spokenSize(size)]), sizes);
});

test("a picture takes the room that the server reserves", () => {
  assert.deepEqual(boxes.map(([width, height]) => [width, height, shownSize(width, height)]), boxes);
});
