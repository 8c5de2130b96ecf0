import type { Page } from "playwright-core";

/** Fonts that drew the text under a selector, as the browser tells: name, whether it came with us, how many glyphs. */
export async function fontsOf(page: Page, selector: string) {
  const inspector = await page.context().newCDPSession(page);
  await inspector.send("DOM.enable");
  await inspector.send("CSS.enable");
  const { root } = await inspector.send("DOM.getDocument", { depth: -1 });
  const { nodeIds } = await inspector.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector });
  const fonts = [];
  for (const nodeId of nodeIds)
    fonts.push(...(await inspector.send("CSS.getPlatformFontsForNode", { nodeId })).fonts);
  await inspector.detach();
  return fonts;
}

/** Names of fonts of the machine that drew anything but digests and codes. */
export async function strangeFonts(page: Page): Promise<readonly string[]> {
  const fonts = await fontsOf(
    page,
    "body :not(code, pre, code *, pre *, svg, svg *, input, script, style, select, option)",
  );
  const strange = new Set(
    fonts.filter(({ isCustomFont }) => !isCustomFont).map(({ familyName }) => familyName),
  );
  for (const { familyName } of await fontsOf(page, "code, pre")) strange.delete(familyName);
  return [...strange];
}
