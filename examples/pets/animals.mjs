/**
 * Whole animals: what makes one (`describeAnimal`) and its body in four poses
 * (`drawAnimal`). Bodies stand on y = 0 and look to the right; y points down.
 */
import { drawCoat, paintBody } from './coats.mjs';
import { drawHead } from './heads.mjs';
import { clipped, data, ellipse, group, hsl, move, path, scale, stroke, turnBy } from './svg.mjs';

const OUTLINE = 1.7;

const POSES = { sitting: 3, lying: 1, walking: 1, portrait: 5 };

/** Everything about an animal that is drawn by lot. */
export function describeAnimal(random, species) {
  const pose = random.weighted(POSES);
  const turned = pose === 'walking' || pose === 'lying';
  const shared = {
    species,
    pose,
    coat: drawCoat(random, species),
    turn: turned ? random.between(0.05, 0.9) : random.between(-0.6, 0.6),
    tilt: random.normal() * (pose === 'portrait' ? 7 : 5),
    asleep: pose === 'lying' && random.chance(0.3),
    outline: pose === 'portrait' ? 1.35 : 1.8,
    collar: random.chance(0.35) ? hsl(random.between(0, 360), 0.65, 0.48) : undefined,
    girth: random.between(0.9, 1.14),
    stride: random.between(2, 6),
    wag: random.between(-4, 4),
  };
  return { ...shared, ...(species === 'cat' ? describeCat(random) : describeDog(random)) };
}

function describeCat(random) {
  return {
    eyes: random.pick(['#b9cf3f', '#e8b83a', '#7fc07a', '#74b8e0', '#d98e2b']),
    nose: random.pick(['#e58f96', '#d47a80', '#a8646a']),
    earHeight: random.between(9, 14),
    earSpread: random.between(-2, 3),
    cheek: random.between(-1, 2.5),
    legWidth: random.between(6.2, 7.2),
    tailUp: random.chance(0.6),
  };
}

function describeDog(random) {
  return {
    eyes: random.pick(['#4a2c18', '#6b4020', '#8a5a2a', '#3a2416', '#7d9fb5']),
    nose: random.pick(['#1d1719', '#2a2022', '#4a322c']),
    ears: random.weighted({ floppy: 3, long: 2.5, half: 2 }),
    earHeight: random.between(6, 12),
    snout: random.between(8.2, 9.8),
    tongue: random.chance(0.45),
    brows: random.chance(0.3),
    legWidth: random.between(6.6, 8),
    tailUp: random.chance(0.6),
  };
}

/** How much room each pose takes at scale 1: width, height and its middle. */
export const POSE_ROOM = {
  sitting: { width: 52, height: 82, middle: 4 },
  lying: { width: 84, height: 54, middle: 0 },
  walking: { width: 84, height: 68, middle: 2 },
  portrait: { width: 64, height: 71, middle: 0 },
};

const BODIES = {
  sitting: drawSitting,
  lying: drawLying,
  walking: drawWalking,
  portrait: drawPortrait,
};

/** The SVG of an animal standing on (0, 0). */
export function drawAnimal(random, animal) {
  const { parts, head } = BODIES[animal.pose](random, animal);
  const place = `${move(head.x, head.y)} ${turnBy(animal.tilt)} ${scale(head.size)}`;
  return [parts, group(place, drawHead(random, animal))].flat(Infinity).join('');
}

/** A leg or a tail: a thick line with an outline. */
const limb = (coat, d, width, fill = coat.base) => ({
  outline: stroke(d, coat.line, width + OUTLINE),
  fill: stroke(d, fill, width),
});

/** A closed shape with an outline. */
const solid = (coat, d, fill = coat.base) => ({
  outline: path(d, { fill: coat.line, stroke: coat.line, 'stroke-width': OUTLINE }),
  fill: path(d, { fill }),
});

/** Parts that grow together: all outlines lie below all fills. */
const joined = (...parts) => [parts.map((part) => part.outline), parts.map((part) => part.fill)];

function tail({ coat, species }, d) {
  const width = species === 'cat' ? 5.4 : 5;
  const rings =
    coat.pattern === 'stripes' && species === 'cat'
      ? stroke(d, coat.mark, width, { 'stroke-dasharray': '2.4 4', 'stroke-linecap': 'butt' })
      : '';
  return [joined(limb(coat, d, width)), rings];
}

const paw = ({ coat }, x, y = -1.6) =>
  ellipse(x, y, 5.2, 3.1, coat.socks ? '#f8f3ea' : coat.base, {
    stroke: coat.line,
    'stroke-width': 0.9,
  });

/** A collar with a tag, hung below the chin. */
function collar({ collar: colour }, d, [x, y]) {
  if (colour === undefined) return '';
  return [stroke(d, colour, 3.2), ellipse(x, y, 2.1, 2.3, '#f0c94a', { stroke: '#9a7420', 'stroke-width': 0.6 })];
}

function drawSitting(random, animal) {
  const { coat, girth, legWidth, wag, species } = animal;
  const wide = 20 * girth;
  const outline = data`M-9 -44 C${-wide + 3} -32 ${-wide - 2} -14 ${-wide} -5 C${-wide} 1 -8 0 0 0 C8 0 ${wide} 1 ${wide} -5 C${wide + 2} -14 ${wide - 3} -32 9 -44 Z`;
  const catTail = animal.tailUp
    ? data`M14 -5 C28 -3 35 -14 ${30 + wag} -26 C${29 + wag} -31 ${33 + wag} -35 ${36 + wag} -33`
    : data`M14 -5 C30 -8 30 1 20 0 C12 -0.5 6 -1 2 -2`;
  const dogTail = data`M14 -7 C24 -8 ${28 + wag} -16 ${28 + wag} ${animal.tailUp ? -26 : -18}`;
  const tailInFront = species === 'cat' && !animal.tailUp;
  const drawnTail = tail(animal, species === 'cat' ? catTail : dogTail);
  const legs = [-5.4, 5.4].map((x) => limb(coat, data`M${x} -22 V-4`, legWidth));
  const parts = [
    tailInFront ? '' : drawnTail,
    paw(animal, -wide + 2),
    paw(animal, wide - 2),
    joined(solid(coat, outline)),
    paintBody(random, coat, {
      id: 'body',
      outline,
      box: [-wide, -44, wide * 2, 44],
      view: 'front',
    }),
    ellipse(0, -30, 7.5, 11, coat.pale, { opacity: 0.85 }),
    legs.map((leg) => leg.fill),
    stroke(
      data`M-10 -20 V-4 M0 -17 V-3 M10 -20 V-4 M${-wide + 4} -16 q6 2 6 12 M${wide - 4} -16 q-6 2 -6 12`,
      coat.line,
      1,
      { opacity: 0.6 },
    ),
    paw(animal, -5.4),
    paw(animal, 5.4),
    tailInFront ? drawnTail : '',
    collar(animal, 'M-11 -40 Q0 -33 11 -40', [0, -34.5]),
  ];
  return { parts, head: { x: 0, y: -54, size: 0.92 } };
}

function drawLying(random, animal) {
  const { coat, girth, legWidth, species, wag } = animal;
  const back = -25 * girth;
  const outline = data`M-34 -7 C-37 ${back + 4} -24 ${back - 2} -10 ${back} C2 ${back + 1} 8 -32 16 -36 L30 -30 C34 -18 30 -4 24 0 H-28 C-33 0 -34 -4 -34 -7 Z`;
  const catTail = animal.tailUp
    ? data`M-31 -6 C-44 -4 -46 ${-14 + wag} -40 ${-19 + wag}`
    : data`M-31 -5 C-38 1 -26 -1.5 -14 -2 C-8 -2 -5 -3 -2 -5`;
  const dogTail = animal.tailUp
    ? data`M-31 -8 C-40 -10 -43 ${-18 + wag} -42 ${-22 + wag}`
    : 'M-31 -4 C-37 -3 -42 -2 -46 -3';
  const drawnTail = tail(animal, species === 'cat' ? catTail : dogTail);
  const tailInFront = species === 'cat' && !animal.tailUp;
  const far = limb(coat, data`M16 -6 L38 -4.6`, legWidth, coat.shade);
  const near = limb(coat, data`M10 -6 L32 -3`, legWidth);
  const parts = [
    tailInFront ? '' : drawnTail,
    joined(far),
    joined(solid(coat, outline)),
    paintBody(random, coat, { id: 'body', outline, box: [-35, back, 62, -back], view: 'side' }),
    stroke(data`M-14 -19 C-6 -17 -4 -7 -9 -1`, coat.line, 1.2, { opacity: 0.6 }),
    paw(animal, -9, -2),
    joined(near),
    paw(animal, 33, -3.2),
    tailInFront ? drawnTail : '',
    collar(animal, 'M13 -27 Q22 -20 31 -25', [22, -21]),
  ];
  return { parts, head: { x: 23, y: animal.asleep ? -30 : -37, size: 0.82 } };
}

function drawWalking(random, animal) {
  const { coat, girth, legWidth, stride, species, wag } = animal;
  const belly = -19 + (1 - girth) * 14;
  const outline = data`M-27 -30 C-29 -41 -14 -42 0 -39 C10 -38 15 -43 20 -49 L34 -42 C32 -28 24 ${belly - 1} 12 ${belly} C0 ${belly - 3} -8 ${belly - 1} -18 ${belly} C-27 ${belly} -27 -25 -27 -30 Z`;
  const leg = (x, swing, fill) => limb(coat, data`M${x} -26 Q${x + 1} -14 ${x + swing} -4`, legWidth, fill);
  const catTail = animal.tailUp
    ? data`M-24 -35 C-36 -36 -38 -48 ${-36 + wag} -58 C${-35 + wag} -63 ${-31 + wag} -65 ${-28 + wag} -62`
    : data`M-24 -34 C-36 -32 -36 -16 ${-42 - wag} -13 C-46 -12 -48 -15 -47 -18`;
  const dogTail = animal.tailUp
    ? data`M-24 -36 C-34 -38 ${-38 + wag} -46 ${-35 + wag} -55`
    : data`M-24 -34 C-33 -34 -38 -28 ${-41 + wag} -21`;
  const farLegs = [leg(-15, -stride, coat.shade), leg(20, stride, coat.shade)];
  const nearLegs = [leg(-21, stride, coat.base), leg(13, -stride, coat.base)];
  const parts = [
    tail(animal, species === 'cat' ? catTail : dogTail),
    joined(...farLegs),
    paw(animal, -14 - stride),
    paw(animal, 21 + stride),
    joined(solid(coat, outline), ...nearLegs),
    paintBody(random, coat, { id: 'body', outline, box: [-28, -42, 56, belly + 42], view: 'side' }),
    paw(animal, -20 + stride),
    paw(animal, 14 - stride),
    stroke(data`M-13 -32 C-9 -26 -13 -20 -16 -16`, coat.line, 1, { opacity: 0.5 }),
    collar(animal, 'M15 -40 Q25 -33 33 -37', [26, -33.5]),
  ];
  return { parts, head: { x: 27, y: -51, size: 0.82 } };
}

/** Head and shoulders; the shoulders continue below y = 0. */
function drawPortrait(random, animal) {
  const { coat, girth, species } = animal;
  const wide = 27 * girth;
  const outline = data`M-15 -32 C-20 -24 ${-wide} -18 ${-wide - 2} 2 L${-wide - 3} 40 H${wide + 3} L${wide + 2} 2 C${wide} -18 20 -24 15 -32 Z`;
  const parts = [
    joined(solid(coat, outline)),
    paintBody(random, coat, {
      id: 'body',
      outline,
      box: [-wide, -32, wide * 2, 62],
      view: 'front',
    }),
    clipped('chest', outline, ellipse(0, 2, 11, 22, coat.pale, { opacity: 0.85 })),
    collar(animal, 'M-19 -16 Q0 -2 19 -16', [0, -6.5]),
  ];
  return { parts, head: { x: 0, y: species === 'cat' ? -37 : -42, size: 1.42 } };
}
