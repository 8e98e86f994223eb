import type { Page } from '@playwright/test';

/** Something a person could not read well: which text, where, and what is wrong with it. */
export interface TextFinding {
  readonly rule: 'contrast' | 'size' | 'cut' | 'overlap' | 'overflow' | 'port';
  readonly text: string;
  readonly detail: string;
}

/**
 * Walks every text that is to be seen, form fields and shadow roots included: contrast by WCAG AA over what stands behind it, nothing
 * below 11 px on the screen, nothing cut off without an ellipsis that names the whole, no text over text, nothing beyond the page, no pin
 * over a port. What fades or glides is judged where it comes to rest.
 */
export function textFindings(
  page: Page,
): Promise<{ readonly seen: number; readonly findings: readonly TextFinding[] }> {
  return page.evaluate(inspectText);
}

/** Runs in the page, so it can use nothing from outside. */
function inspectText(): { seen: number; findings: TextFinding[] } {
  interface Box {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  }
  interface SeenText {
    readonly text: string;
    readonly element: Element;
    readonly boxes: readonly Box[];
    /** The style that draws it; a placeholder has its own. */
    readonly style: CSSStyleDeclaration;
  }
  type Colour = readonly [number, number, number, number];

  // Here and not before the call: a live page starts new animations between any two calls, and none within one.
  for (const animation of document.getAnimations())
    if (animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY) animation.finish();

  const leastPx = 11;
  const findings: TextFinding[] = [];
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (paint === null) throw new Error('The page has no canvas to read colours with.');
  const colours = new Map<string, Colour>();

  const parentOf = (element: Element): Element | null => {
    if (element.parentElement !== null) return element.parentElement;
    const root = element.getRootNode();
    return root instanceof ShadowRoot ? root.host : null;
  };
  const chainOf = (element: Element): Element[] => {
    const chain: Element[] = [];
    for (let at: Element | null = element; at !== null; at = parentOf(at)) chain.push(at);
    return chain;
  };
  const meet = (a: Box, b: Box): Box => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const isThere = (box: Box): boolean => box.right - box.left > 0.5 && box.bottom - box.top > 0.5;
  const viewport: Box = { left: 0, top: 0, right: window.innerWidth, bottom: window.innerHeight };

  const colourOf = (css: string): Colour => {
    let colour = colours.get(css);
    if (colour === undefined) {
      paint.clearRect(0, 0, 1, 1);
      paint.fillStyle = css;
      paint.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = paint.getImageData(0, 0, 1, 1).data;
      colour = [red, green, blue, alpha / 255];
      colours.set(css, colour);
    }
    return colour;
  };
  const over = (front: Colour, back: Colour): Colour => {
    const mix = (a: number, b: number): number => a * front[3] + b * (1 - front[3]);
    return [mix(front[0], back[0]), mix(front[1], back[1]), mix(front[2], back[2]), 1];
  };
  const luminance = (colour: Colour): number => {
    const part = (value: number): number =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
  };
  const ratio = (a: Colour, b: Colour): number => {
    const [light, dark] = [luminance(a), luminance(b)].sort((left, right) => right - left) as [number, number];
    return (light + 0.05) / (dark + 0.05);
  };
  const backgroundOf = (element: Element): Colour => {
    const layers: Colour[] = [];
    for (const at of chainOf(element)) {
      const colour = colourOf(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight<Colour>((back, front) => over(front, back), [255, 255, 255, 1]);
  };
  const opacityOf = (element: Element): number =>
    chainOf(element).reduce((product, at) => product * Number(getComputedStyle(at).opacity), 1);
  /** How large the page draws one of the element's own pixels: the canvas zooms. */
  const scaleOf = (element: Element): number =>
    chainOf(element).reduce((product, at) => {
      const { transform } = getComputedStyle(at);
      return transform === 'none' ? product : product * new DOMMatrix(transform).a;
    }, 1);

  /** What of the text can be seen inside the boxes that clip it. */
  const clipped = (box: Box, element: Element): Box => {
    let seen = meet(box, viewport);
    for (const at of chainOf(element)) {
      const { overflowX, overflowY, clipPath } = getComputedStyle(at);
      if (clipPath !== 'none') return { left: 0, top: 0, right: 0, bottom: 0 };
      if (at === document.body || at === document.documentElement) continue;
      const own = at.getBoundingClientRect();
      if (overflowX !== 'visible') seen = meet(seen, { ...seen, left: own.left, right: own.right });
      if (overflowY !== 'visible') seen = meet(seen, { ...seen, top: own.top, bottom: own.bottom });
    }
    return seen;
  };
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });

  const texts: SeenText[] = [];
  const add = (text: string, element: Element, boxes: readonly Box[], style: CSSStyleDeclaration): void => {
    const seen = boxes.map((box) => clipped(box, element)).filter(isThere);
    if (seen.length > 0)
      texts.push({ text: text.trim().replace(/\s+/g, ' ').slice(0, 60), element, boxes: seen, style });
  };
  const boxesOf = (node: Node): Box[] => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].map(({ left, top, right, bottom }) => ({ left, top, right, bottom }));
  };
  const walk = (root: Node): void => {
    for (const node of root.childNodes) {
      if (node instanceof Text) {
        const element = node.parentElement ?? (node.parentNode instanceof ShadowRoot ? node.parentNode.host : null);
        if (element === null || node.data.trim() === '' || !isShown(element)) continue;
        if (element.closest('option, script, style, title') !== null) continue;
        add(node.data, element, boxesOf(node), getComputedStyle(element));
        cutOff(node, element);
      } else if (node instanceof Element) {
        if (node.shadowRoot !== null) walk(node.shadowRoot);
        const isField = node instanceof HTMLInputElement || node instanceof HTMLSelectElement;
        if (isField && isShown(node) && !(node instanceof HTMLInputElement && node.type === 'file')) field(node);
        walk(node);
      }
    }
  };
  const field = (element: HTMLInputElement | HTMLSelectElement): void => {
    const style = getComputedStyle(element);
    const own = element.getBoundingClientRect();
    const box = {
      left: own.left + Number.parseFloat(style.paddingLeft),
      right: own.right - Number.parseFloat(style.paddingRight),
      top: own.top + Number.parseFloat(style.paddingTop),
      bottom: own.bottom - Number.parseFloat(style.paddingBottom),
    };
    if (element instanceof HTMLSelectElement) add(element.selectedOptions[0]?.label ?? '', element, [box], style);
    else if (element.value !== '') add(element.value, element, [box], style);
    else if (element.placeholder !== '')
      add(element.placeholder, element, [box], getComputedStyle(element, '::placeholder'));
  };
  const cutOff = (node: Text, element: Element): void => {
    for (const at of chainOf(element)) {
      const { overflowX, overflowY, textOverflow, clipPath } = getComputedStyle(at);
      // Seen by nobody, read by assistive tools; or in a region that scrolls or pans.
      if (clipPath !== 'none' || at.matches('.react-flow')) return;
      if (/auto|scroll/.test(`${overflowX} ${overflowY}`)) return;
      const own = at.getBoundingClientRect();
      const hides = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip';
      const isCut = boxesOf(node).some(
        (box) =>
          (hides(overflowX) && (box.right > own.right + 1 || box.left < own.left - 1)) ||
          (hides(overflowY) && (box.bottom > own.bottom + 2 || box.top < own.top - 2)),
      );
      if (!isCut) continue;
      const isNamed = at.closest('[title], button[aria-label]') !== null || at.querySelector('[title]') !== null;
      if (textOverflow !== 'ellipsis' || !isNamed)
        findings.push({
          rule: 'cut',
          text: node.data.trim().slice(0, 60),
          detail: `by ${at.tagName.toLowerCase()}.${at.getAttribute('class') ?? ''}, ${textOverflow === 'ellipsis' ? 'without a title' : 'without an ellipsis'}`,
        });
      return;
    }
  };
  walk(document.body);

  for (const { text, element, style, boxes } of texts) {
    const ownPx = Number.parseFloat(style.fontSize);
    const sizePx = ownPx * scaleOf(element);
    // The canvas shows everything down to 85 %, where sizes hold for 100 %; below that, what is left is drawn for the zoom.
    const isFull = element.closest('.canvas[data-zoom="full"] .react-flow') !== null;
    if ((isFull ? ownPx : sizePx) < leastPx - 0.05)
      findings.push({ rule: 'size', text, detail: `${sizePx.toFixed(1)} px` });
    // What cannot be used is meant to stand back; WCAG leaves it out.
    const isOff = element.closest(':disabled, [aria-disabled="true"], [data-disabled]') !== null;
    if (!isOff) {
      const background = backgroundOf(element);
      const [red, green, blue, alpha] = colourOf(element instanceof SVGElement ? style.fill : style.color);
      const foreground = over([red, green, blue, alpha * opacityOf(element)], background);
      const isLarge = sizePx >= 24 || (sizePx >= 18.66 && Number(style.fontWeight) >= 700);
      const contrast = ratio(foreground, background);
      if (contrast < (isLarge ? 3 : 4.5) - 0.005)
        findings.push({
          rule: 'contrast',
          text,
          detail: `${contrast.toFixed(2)}: ${foreground.map(Math.round)} on ${background.map(Math.round)}`,
        });
    }
    if (boxes.some((box) => box.right > window.innerWidth + 0.5))
      findings.push({ rule: 'overflow', text, detail: 'beyond the right side of the page' });
  }

  // Layers over the page (dialogs, toasts, banners) cover what is below on purpose, with a ground of their own.
  const layer = '.toast, dialog, [data-radix-popper-content-wrapper], .canvas-banner, .float';
  texts.forEach((one, index) => {
    for (const other of texts.slice(index + 1)) {
      if (one.element === other.element || one.element.closest(layer) !== other.element.closest(layer)) continue;
      const isOver = one.boxes.some((a) =>
        other.boxes.some((b) => {
          const common = meet(a, b);
          return common.right - common.left > 1.5 && common.bottom - common.top > 4;
        }),
      );
      if (isOver) findings.push({ rule: 'overlap', text: one.text, detail: `with ${other.text}` });
    }
  });

  const pins = [...document.querySelectorAll('.pin')];
  const ports = [...document.querySelectorAll('.port')];
  for (const pin of pins) {
    if (ports.some((port) => isThere(meet(pin.getBoundingClientRect(), port.getBoundingClientRect()))))
      findings.push({ rule: 'port', text: pin.textContent ?? '', detail: 'the pin lies over a port' });
  }

  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth)
    findings.push({ rule: 'overflow', text: '', detail: `the page is ${scrollWidth} px wide in ${clientWidth} px` });
  return { seen: texts.length, findings };
}
