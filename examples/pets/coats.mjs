/** Fur: the colors are shared by cats and dogs, the patterns nearly so. */
import { brightness, clipped, darker, data, ellipse, hsl, lighter, mix, stroke } from './svg.mjs';

/** Hue, saturation and lightness of the base colors. */
const COLOURS = [
  [27, 0.74, 0.55], // ginger
  [37, 0.62, 0.76], // cream
  [235, 0.09, 0.2], // black
  [215, 0.08, 0.55], // silver
  [24, 0.42, 0.38], // brown
  [42, 0.3, 0.93], // white
  [35, 0.62, 0.62], // golden
  [18, 0.4, 0.27], // chocolate
  [214, 0.18, 0.43], // slate
  [31, 0.36, 0.65], // sand
];

/** Both have every pattern, but a tabby is a commoner sight than a brindle dog. */
const PATTERNS = {
  cat: { plain: 3, stripes: 3, patches: 3, bicolour: 2 },
  dog: { plain: 3.5, stripes: 1, patches: 4, bicolour: 2.5 },
};

function drawColour(random) {
  const [hue, saturation, lightness] = random.pick(COLOURS);
  return hsl(
    hue + random.between(-5, 5),
    saturation * random.between(0.85, 1.1),
    lightness + random.between(-0.04, 0.04),
  );
}

/** A second color that can be told from the first. */
function drawContrast(random, base) {
  for (let tries = 0; tries < 20; tries += 1) {
    const colour = drawColour(random);
    if (Math.abs(brightness(colour) - brightness(base)) > 0.22) return colour;
  }
  return brightness(base) > 0.5 ? darker(base, 0.5) : lighter(base, 0.5);
}

/** All the colors one animal is painted with. */
export function drawCoat(random, species) {
  const base = drawColour(random);
  const pattern = random.weighted(PATTERNS[species]);
  const dark = brightness(base) < 0.3;
  const stripe = dark ? lighter(base, 0.22) : mix(darker(base, 0.45), '#4a2c14', 0.2);
  return {
    base,
    pattern,
    dark,
    shade: darker(base, dark ? 0.25 : 0.16),
    line: dark ? darker(base, 0.6) : darker(base, 0.52),
    pale: pattern === 'bicolour' ? '#faf6ee' : lighter(base, dark ? 0.28 : 0.5),
    mark: pattern === 'patches' ? drawContrast(random, base) : stripe,
    inner: mix(base, '#f2a0a0', 0.62),
    socks: pattern === 'bicolour' || random.chance(0.2),
  };
}

/**
 * The pattern and the shading of a body.
 *
 * @param id clip name, unique inside the image
 * @param outline path data of the body
 * @param box left, top, width and height of the body
 * @param view `side` or `front`
 */
export function paintBody(random, coat, { id, outline, box, view }) {
  const [left, top, width, height] = box;
  const painted = [];
  if (coat.pattern === 'patches') painted.push(patches(random, coat, box));
  if (coat.pattern === 'stripes') painted.push(view === 'side' ? bands(random, coat, box) : ribs(coat, box));
  if (coat.pattern !== 'patches' && view === 'side') {
    painted.push(
      ellipse(left + width * 0.5, top + height, width * 0.4, height * 0.2, coat.pale, {
        opacity: 0.7,
      }),
    );
  }
  const glow = ellipse(left + width * 0.42, top + height * 0.1, width * 0.4, height * 0.18, '#ffffff', {
    opacity: 0.16,
  });
  const shadow = ellipse(left + width * 0.5, top + height * 1.02, width * 0.6, height * 0.2, '#1a1030', {
    opacity: 0.16,
  });
  return clipped(id, outline, painted, glow, shadow);
}

function patches(random, coat, [left, top, width, height]) {
  return random.times(random.integer(2, 4), (index) => {
    const x = left + width * ((index + random.between(0.1, 0.9)) / 4);
    const y = top + height * random.between(0.1, 0.75);
    const [rx, ry] = [width * random.between(0.1, 0.19), height * random.between(0.2, 0.36)];
    return ellipse(x, y, rx, ry, coat.mark, {
      transform: `rotate(${random.integer(-30, 30)} ${x.toFixed(1)} ${y.toFixed(1)})`,
    });
  });
}

/** Stripes that run down from the back of an animal seen from the side. */
function bands(random, coat, [left, top, width, height]) {
  return random.times(8, (index) => {
    const x = left + (width * (index + 0.6)) / 8;
    const end = top + height * random.between(0.5, 0.78);
    const bend = random.between(-2, 3);
    return stroke(data`M${x} ${top - 1} Q${x + bend} ${(top + end) / 2} ${x - bend * 0.4} ${end}`, coat.mark, 2);
  });
}

/** Stripes that run in from both flanks of an animal seen from the front. */
function ribs(coat, [left, top, width, height]) {
  return [0.3, 0.46, 0.62, 0.78].map((part) => {
    const y = top + height * part;
    const reach = width * 0.24;
    const right = left + width;
    return stroke(
      data`M${left - 1} ${y} q${reach * 0.6} 3 ${reach} 1 M${right + 1} ${y} q${-reach * 0.6} 3 ${-reach} 1`,
      coat.mark,
      2,
    );
  });
}
