import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TEST_ASSETS } from "../../fixtures/test-assets.ts";
import { readBag } from "../../main/adapters/carrier/read.ts";

/** The Library of Congress's conformance bags, where they lie beside the project. */
const suite = join(TEST_ASSETS, "vectors/bagit");

const bagsIn = (group: string): readonly string[] =>
  existsSync(suite)
    ? readdirSync(join(suite, group), { withFileTypes: true })
        .filter((one) => one.isDirectory())
        .map((one) => `${group}/${one.name}`)
    : [];

const read = (bag: string) => readBag(join(suite, bag), () => {}, new AbortController().signal);
const types = (remarks: readonly { readonly type: string }[]) =>
  [...new Set(remarks.map((one) => one.type))].sort();

describe.skipIf(!existsSync(suite))("the Library of Congress's conformance bags", () => {
  it.each([...bagsIn("v0.97/valid"), ...bagsIn("v1.0/valid")])("%s is valid", async (bag) => {
    expect((await read(bag)).faults).toEqual([]);
  });

  it.each([
    ...bagsIn("v0.97/invalid"),
    ...bagsIn("v1.0/invalid"),
    ...bagsIn("v0.97/linux-only"),
    ...bagsIn("v0.97/windows-only"),
  ])("%s is refused", async (bag) => {
    expect((await read(bag)).faults).not.toEqual([]);
  });

  it.each([
    ["v0.97/invalid/baginfo-missing-encoding", "bad-declaration"],
    ["v0.97/invalid/bom-in-bagit.txt", "bad-declaration"],
    ["v0.97/invalid/invalid-version-number", "bad-declaration"],
    ["v0.97/invalid/missing-bagit.txt", "not-a-bag"],
    ["v0.97/invalid/missing-baginfo", "missing"],
    ["v0.97/invalid/corrupt-data-file", "changed"],
    ["v0.97/invalid/corrupt-tag-file", "changed"],
    ["v0.97/invalid/extra-file-in-bag", "unlisted"],
    ["v0.97/invalid/out-of-scope-file-paths-using-dot-notation", "unsafe-path"],
    ["v0.97/invalid/out-of-scope-file-paths-using-dot-notation-for-fetch", "unsafe-path"],
    ["v0.97/invalid/same-filename-listed-twice-with-different-hashes", "listed-twice"],
    ["v0.97/linux-only/out-of-scope-file-paths-using-absolute-path", "unsafe-path"],
    ["v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username-for-fetch", "unsafe-path"],
    ["v0.97/windows-only/out-of-scope-file-paths-using-absolute-path", "unsafe-path"],
    ["v0.97/windows-only/out-of-scope-file-paths-using-unc-for-fetch", "unsafe-path"],
    ["v1.0/invalid/bagit-with-invalid-whitespace", "bad-declaration"],
    ["v1.0/invalid/notAllManifestsListAllFiles", "unlisted"],
    ["v1.0/invalid/same-filename-listed-twice-with-the-same-hash", "listed-twice"],
  ])("%s is refused for what is wrong with it: %s", async (bag, fault) => {
    expect(types((await read(bag)).faults)).toContain(fault);
  });

  it.each([
    ["duplicate-file-with-different-case", "same-name"],
    ["made-with-md5sum-tools", "md5sum-star"],
    ["relative-path", "dot-slash"],
    ["same-filename-listed-twice-with-different-normalization", "same-name"],
    ["same-filename-listed-twice-with-the-same-hash", "listed-again"],
    ["special-system-files", "system-file"],
  ])("%s is not passed over in silence: %s", async (bag, note) => {
    expect(types((await read(`v0.97/warning/${bag}`)).notes)).toContain(note);
  });

  it.each(["made-with-md5sum-tools", "relative-path", "same-filename-listed-twice-with-the-same-hash"])(
    "%s is valid all the same",
    async (bag) => {
      expect((await read(`v0.97/warning/${bag}`)).faults).toEqual([]);
    },
  );

  it("never fetches: a bag with fetch.txt that is complete is valid, and says so", async () => {
    expect(types((await read("v0.97/valid/holey-bag")).notes)).toContain("fetch");
  });
});
