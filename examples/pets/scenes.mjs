/**
 * Backgrounds, clutter and light on a 100 x 100 canvas. Nothing in here knows
 * which animal stands in front: both classes share every scene.
 */
import {
  ball,
  books,
  cloth,
  fence,
  flowers,
  pictureFrame,
  plant,
  sky,
  tree,
  tufts,
  wall,
  windowPane,
} from './clutter.mjs';
import {
  darker,
  data,
  ellipse,
  hsl,
  lighter,
  linearGradient,
  mix,
  path,
  radialGradient,
  rect,
  stroke,
  tag,
} from './svg.mjs';

const SCENES = { meadow: 4, sofa: 3, room: 4, hilltop: 2, studio: 3, beach: 2 };
const BACKGROUNDS = { meadow, sofa, room, hilltop, studio, beach };

/** A scene: what lies behind the animal, what lies in front, and its light. */
export function drawScene(random) {
  const name = random.weighted(SCENES);
  const ground = random.between(82, 92);
  const { behind, before = '' } = BACKGROUNDS[name](random, ground);
  return { name, ground, behind, before, light: drawLight(random) };
}

function meadow(random) {
  const horizon = random.between(44, 66);
  const green = hsl(random.between(70, 130), random.between(0.3, 0.55), random.between(0.36, 0.54));
  const hill = data`M0 ${horizon} Q${random.between(10, 40)} ${horizon - random.between(6, 16)} 55 ${horizon} T100 ${horizon - 3} V100 H0 Z`;
  const behind = [
    sky(random),
    path(hill, { fill: mix(green, '#7fa6b8', 0.45) }),
    random.chance(0.55) ? tree(random, horizon + 4) : '',
    random.chance(0.3) ? fence(random, horizon + 2) : '',
    path(data`M0 ${horizon + 6} Q50 ${horizon - random.between(-4, 4)} 100 ${horizon + 5} V100 H0 Z`, { fill: green }),
    tufts(random, green, horizon + 10),
    flowers(random, horizon + 12, 94),
    random.chance(0.35) ? ball(random) : '',
  ];
  const before = [grassEdge(random, darker(green, 0.12)), random.chance(0.4) ? flowers(random, 93, 99) : ''];
  return { behind, before };
}

function grassEdge(random, colour) {
  const blades = random.times(26, (index) => {
    const x = index * 4 + random.between(-1.5, 1.5);
    return data`M${x - 1.6} 102 Q${x} 98 ${x + random.between(-2, 2)} ${random.between(91, 96)} Q${x + 1} 98 ${x + 1.8} 102 Z`;
  });
  return path(blades.join(' '), { fill: colour });
}

function sofa(random, ground) {
  const fabric = cloth(random);
  const seat = ground - random.between(14, 22);
  const top = random.between(26, 44);
  const cushion = (x) =>
    rect(x, seat - 18, 22, 21, cloth(random), {
      rx: 5,
      transform: `rotate(${random.integer(-14, 14)} ${x.toFixed(1)} ${seat.toFixed(1)})`,
    });
  const behind = [
    wall(random, 100),
    random.chance(0.5) ? pictureFrame(random) : '',
    rect(-6, top, 112, 90, darker(fabric, 0.14), { rx: 10 }),
    stroke(data`M${random.between(40, 60)} ${top + 3} V${seat}`, darker(fabric, 0.3), 1),
    random.chance(0.6) ? cushion(random.between(-2, 22)) : '',
    random.chance(0.6) ? cushion(random.between(58, 82)) : '',
    rect(-6, seat, 112, 50, fabric, { rx: 6 }),
    rect(-6, seat, 112, 5, lighter(fabric, 0.12), { rx: 2.5 }),
    random.chance(0.5) ? rect(random.pick([-8, 92]), top + 14, 16, 80, darker(fabric, 0.08), { rx: 6 }) : '',
  ];
  return { behind };
}

function room(random) {
  const skirting = random.between(54, 70);
  const floor = random.chance(0.5) ? hsl(random.between(18, 38), 0.35, random.between(0.35, 0.65)) : cloth(random);
  const boards = random.times(4, (index) => {
    const y = skirting + 5 + index * 9;
    return stroke(data`M0 ${y} H100`, darker(floor, 0.14), 0.7);
  });
  const behind = [
    wall(random, skirting),
    random.chance(0.5) ? windowPane(random) : pictureFrame(random),
    rect(0, skirting - 3, 100, 4, '#f1ece2'),
    rect(0, skirting + 1, 100, 50, floor),
    random.chance(0.5) ? boards : '',
    random.chance(0.45) ? ellipse(random.between(35, 65), 91, random.between(34, 50), 11, cloth(random)) : '',
    random.chance(0.5) ? plant(random, skirting + random.between(2, 14)) : '',
    random.chance(0.25) ? books(random, skirting + random.between(4, 12)) : '',
    random.chance(0.45) ? ball(random) : '',
  ];
  return { behind };
}

function hilltop(random, ground) {
  const colour = random.pick(['#7fae5a', '#94b368', '#b5a562', '#8fa0a8', '#eef3f8']);
  const rise = ground - random.between(10, 18);
  const stars = random.chance(0.25)
    ? random.times(14, () => ellipse(random.between(0, 100), random.between(0, 55), 0.7, 0.7, '#fffbe0'))
    : '';
  const behind = [
    sky(random),
    stars,
    path(data`M0 ${rise + 8} Q50 ${rise - 10} 100 ${rise + 8} V100 H0 Z`, { fill: colour }),
    tufts(random, colour, rise + 5),
    random.chance(0.3) ? ball(random) : '',
  ];
  return { behind };
}

function studio(random) {
  const colour = cloth(random);
  const glow = [random.between(0.3, 0.7), random.between(0.25, 0.6), random.between(0.6, 0.9)];
  const bokeh = random.chance(0.5)
    ? random.times(10, () => {
        const r = random.between(3, 9);
        return ellipse(random.between(0, 100), random.between(0, 80), r, r, mix(cloth(random), '#ffffff', 0.4), {
          opacity: 0.3,
        });
      })
    : '';
  const behind = [
    tag(
      'defs',
      {},
      radialGradient('glow', glow, [
        [0, lighter(colour, 0.45)],
        [1, darker(colour, 0.22)],
      ]),
    ),
    rect(0, 0, 100, 100, 'url(#glow)'),
    bokeh,
  ];
  return { behind };
}

function beach(random) {
  const horizon = random.between(34, 48);
  const shore = horizon + random.between(10, 18);
  const sea = hsl(random.between(180, 215), random.between(0.4, 0.6), random.between(0.42, 0.58));
  const sand = hsl(random.between(34, 46), random.between(0.35, 0.55), random.between(0.66, 0.78));
  const behind = [
    sky(random),
    rect(0, horizon, 100, 40, sea),
    random.times(5, () =>
      stroke(
        data`M${random.between(0, 90)} ${random.between(horizon + 2, shore)} h${random.between(5, 14)}`,
        lighter(sea, 0.35),
        0.8,
      ),
    ),
    path(data`M0 ${shore} Q30 ${shore - 4} 55 ${shore + 1} T100 ${shore - 1} V100 H0 Z`, {
      fill: sand,
      stroke: '#ffffff',
      'stroke-width': 1.4,
    }),
    random.times(14, () => ellipse(random.between(0, 100), random.between(shore + 5, 99), 0.8, 0.5, darker(sand, 0.2))),
    random.chance(0.5) ? ball(random) : '',
  ];
  return { behind };
}

/** Light over the whole image: warm, cool or dim, from one side. */
function drawLight(random) {
  const [tint, strength] = random.pick([
    ['#ffd9a0', 0.3],
    ['#a8c8ff', 0.25],
    ['#ffffff', 0.22],
    ['#ffb27a', 0.25],
    ['#1c2350', 0.25],
  ]);
  const left = random.chance(0.5);
  const ends = left ? [0, 0, 1, 1] : [1, 0, 0, 1];
  const stops = [
    [0, tint, strength * random.between(0.4, 1.2)],
    [0.6, tint, 0],
    [1, '#120a28', random.between(0.05, 0.3)],
  ];
  return [tag('defs', {}, linearGradient('light', ends, stops)), rect(0, 0, 100, 100, 'url(#light)')];
}
