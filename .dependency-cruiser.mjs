/** Who may import whom: docs/architecture.md. Checked by `npm run lint`. */
const only = (name, from, to) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: "^(main|shared|renderer|fixtures|test)/", pathNot: to },
});
const packages = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: from },
  to: {
    dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer"],
    pathNot: allowed.map((p) => `node_modules/${p}/`),
  },
});
const noNode = (name, from) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { dependencyTypes: ["core"] },
});

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    only("shared-stands-alone", "^shared/", ["^shared/"]),
    packages("shared-uses-zod-only", "^shared/", ["zod"]),
    noNode("shared-knows-no-node", "^shared/"),
    only("formats-know-shared", "^main/formats/", ["^main/formats/", "^shared/"]),
    packages("formats-packages", "^main/formats/", ["cborg", "@peculiar", "libsodium-wrappers-sumo", "zod"]),
    only("rules-know-formats", "^main/rules/", ["^main/rules/", "^main/formats/", "^shared/"]),
    packages("rules-are-pure", "^main/rules/", ["-none-"]),
    noNode("rules-know-no-node", "^main/rules/"),
    only("mtp-knows-shared", "^main/mtp/", ["^main/mtp/", "^shared/"]),
    packages("mtp-has-no-package", "^main/mtp/", ["-none-"]),
    only("engine-knows-ports", "^main/engine/", [
      "^main/engine/",
      "^main/rules/",
      "^main/formats/",
      "^shared/",
    ]),
    packages("engine-has-no-package", "^main/engine/", ["-none-"]),
    only("usb-knows-mtp", "^main/adapters/tablets/usb/", [
      "^main/adapters/tablets/usb/",
      "^main/engine/ports",
      "^main/mtp/",
      "^shared/",
    ]),
    only("folder-alone", "^main/adapters/tablets/folder/", [
      "^main/adapters/tablets/folder/",
      "^main/adapters/disk/",
      "^main/engine/ports",
      "^shared/",
    ]),
    only("store-alone", "^main/adapters/store/", [
      "^main/adapters/store/",
      "^main/adapters/disk/",
      "^main/engine/(ports|audit-events)",
      "^main/rules/(verified|verdict|held)",
      "^main/formats/",
      "^shared/",
    ]),
    only("disk-alone", "^main/adapters/disk/", [
      "^main/adapters/disk/",
      "^main/engine/ports",
      "^shared/result",
    ]),
    only("keys-alone", "^main/adapters/keys/", [
      "^main/adapters/keys/",
      "^main/engine/ports",
      "^main/formats/",
      "^shared/",
    ]),
    only("centre-alone", "^main/adapters/centre/", [
      "^main/adapters/centre/",
      "^main/engine/ports",
      "^shared/",
    ]),
    only("carrier-alone", "^main/adapters/carrier/", [
      "^main/adapters/carrier/",
      "^main/adapters/disk/",
      "^main/engine/ports",
      "^shared/",
    ]),
    only("reports-alone", "^main/adapters/report/", [
      "^main/adapters/report/",
      "^main/adapters/disk/",
      "^main/engine/ports",
      "^shared/",
    ]),
    only("files-alone", "^main/adapters/files/", [
      "^main/adapters/files/",
      "^main/adapters/disk/",
      "^main/engine/ports",
      "^shared/",
    ]),
    only("desk-speaks-to-the-engine", "^main/desk/", ["^main/desk/", "^main/engine/(api|ports)", "^shared/"]),
    packages("desk-has-no-package", "^main/desk/", ["-none-"]),
    noNode("desk-knows-no-node", "^main/desk/"),
    only("print-alone", "^main/adapters/print/", [
      "^main/adapters/print/",
      "^main/engine/ports",
      "^main/formats/",
      "^shared/",
    ]),
    packages("print-packages", "^main/adapters/print/", ["pdfkit", "@types/pdfkit", "qrcode-generator"]),
    only("hosting-knows-shared", "^main/hosting/", ["^main/hosting/", "^shared/"]),
    packages("hosting-packages", "^main/hosting/", ["commander", "env-paths", "intl-messageformat"]),
    only("cli-is-a-host", "^main/cli/", [
      "^main/cli/",
      "^main/hosting/",
      "^main/compose",
      "^main/engine/(api|ports|audit-events)",
      "^main/adapters/centre/",
      "^main/adapters/disk/",
      "^shared/",
    ]),
    {
      name: "fixtures-stay-out",
      severity: "error",
      from: { path: "^(main|shared|renderer)/", pathNot: "^main/demo/" },
      to: { path: "^(fixtures|test)/" },
    },
    {
      name: "demo-stays-out",
      severity: "error",
      from: { path: "^(main|shared|renderer)/", pathNot: "^main/demo/" },
      to: { path: "^main/demo/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".mjs", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["node", "import", "require", "default"],
    },
  },
};
