/** Small helpers that write SVG text and mix colors. */

const round = (number) => String(Math.round(number * 100) / 100);

function writeAttributes(attributes) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? round(value) : value}"`)
    .join('');
}

/** One element; children are SVG texts. */
export function tag(name, attributes, ...children) {
  const inside = children.flat(Infinity).join('');
  const start = `<${name}${writeAttributes(attributes)}`;
  return inside === '' ? `${start}/>` : `${start}>${inside}</${name}>`;
}

/** Path data written as a template: numbers are rounded. */
export function data(strings, ...values) {
  return strings.reduce((text, part, index) => text + round(values[index - 1]) + part);
}

export const path = (d, attributes) => tag('path', { d, ...attributes });

export const ellipse = (cx, cy, rx, ry, fill, more = {}) => tag('ellipse', { cx, cy, rx, ry, fill, ...more });

export const rect = (x, y, width, height, fill, more = {}) => tag('rect', { x, y, width, height, fill, ...more });

/** An open line with round ends. */
export const stroke = (d, colour, width, more = {}) =>
  path(d, {
    fill: 'none',
    stroke: colour,
    'stroke-width': width,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    ...more,
  });

/** A group; `transform` is plain SVG text, such as `translate(3 4)`. */
export const group = (transform, ...children) => tag('g', { transform }, ...children);

/** Transform text with rounded numbers. */
export const move = (x, y) => `translate(${round(x)} ${round(y)})`;
export const scale = (x, y = x) => `scale(${round(x)} ${round(y)})`;
export const turnBy = (degrees) => `rotate(${round(degrees)})`;

/** Only what lies inside the path data `d` is shown. */
export function clipped(id, d, ...children) {
  const clip = tag('clipPath', { id }, path(d, {}));
  return clip + tag('g', { 'clip-path': `url(#${id})` }, ...children);
}

/** A linear gradient across the whole image; `stops` are [offset, color, opacity?]. */
export function linearGradient(id, [x1, y1, x2, y2], stops) {
  return tag('linearGradient', { id, x1, y1, x2, y2 }, stops.map(writeStop));
}

export function radialGradient(id, [cx, cy, r], stops) {
  return tag('radialGradient', { id, cx, cy, r }, stops.map(writeStop));
}

function writeStop([offset, colour, opacity]) {
  return tag('stop', { offset, 'stop-color': colour, 'stop-opacity': opacity });
}

/** A color as #rrggbb from hue (degrees), saturation and lightness (0 to 1). */
export function hsl(hue, saturation, lightness) {
  const light = Math.min(1, Math.max(0, lightness));
  const reach = Math.min(1, Math.max(0, saturation)) * Math.min(light, 1 - light);
  const channel = (offset) => {
    const place = (((offset + hue / 30) % 12) + 12) % 12;
    return light - reach * Math.max(-1, Math.min(place - 3, 9 - place, 1));
  };
  return toHex([channel(0), channel(8), channel(4)].map((value) => value * 255));
}

/** The color `amount` (0 to 1) of the way from one #rrggbb to another. */
export function mix(from, to, amount) {
  const [a, b] = [fromHex(from), fromHex(to)];
  return toHex(a.map((value, index) => value + (b[index] - value) * amount));
}

export const lighter = (colour, amount) => mix(colour, '#ffffff', amount);
export const darker = (colour, amount) => mix(colour, '#000000', amount);

/** Perceived brightness of a color, 0 to 1. */
export function brightness(colour) {
  const [red, green, blue] = fromHex(colour);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

const fromHex = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

const toHex = (channels) => `#${channels.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
