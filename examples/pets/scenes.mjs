/**
 * Backgrounds, clutter and light on a 100 x 100 canvas. Nothing in here knows
 * which animal stands in front: both classes share every scene.
 */
import { darker, data, ellipse, group, hsl, lighter, linearGradient, mix, move, path, radialGradient, rect, scale, stroke, tag } from './svg.mjs';

const SCENES = { meadow: 4, sofa: 3, room: 4, hilltop: 2, studio: 3, beach: 2 };
const BACKGROUNDS = { meadow, sofa, room, hilltop, studio, beach };

/** A scene: what lies behind the animal, what lies in front, and its light. */
export function drawScene(random) {
  const name = random.weighted(SCENES);
  const ground = random.between(82, 92);
  const { behind, before = '' } = BACKGROUNDS[name](random, ground);
  return { name, ground, behind, before, light: drawLight(random) };
}

/** A muted, random wall or cloth colour. */
const cloth = (random, lightness = random.between(0.35, 0.8)) =>
  hsl(random.between(0, 360), random.between(0.15, 0.5), lightness);

function sky(random) {
  const [high, low] = random.pick([
    ['#6fb3e8', '#d8effb'],
    ['#4f9be0', '#bfe3f7'],
    ['#8d9fc0', '#dfe3ea'],
    ['#6a5a9c', '#f7b58a'],
    ['#f0a26a', '#fde3b0'],
    ['#27356b', '#6f79b8'],
  ]);
  return [
    tag('defs', {}, linearGradient('sky', [0, 0, 0, 1], [[0, high], [1, low]])),
    rect(0, 0, 100, 100, 'url(#sky)'),
    random.chance(0.5) ? sun(random) : '',
    random.times(random.integer(0, 3), () => cloud(random)),
  ];
}

function sun(random) {
  const [x, y, r] = [random.between(8, 92), random.between(6, 30), random.between(5, 8)];
  return [ellipse(x, y, r * 1.7, r * 1.7, '#fff6c8', { opacity: 0.35 }), ellipse(x, y, r, r, '#fff1b0')];
}

function cloud(random) {
  const size = random.between(0.6, 1.3);
  const shape = [ellipse(0, 0, 9, 4, '#ffffff'), ellipse(-4, -3, 5, 4, '#ffffff'), ellipse(3, -4, 6, 5, '#ffffff')];
  return tag('g', { opacity: 0.8 }, group(`${move(random.between(0, 100), random.between(8, 42))} ${scale(size)}`, shape));
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

function tufts(random, green, top) {
  return random.times(12, () => {
    const [x, y] = [random.between(0, 100), random.between(top, 98)];
    return stroke(data`M${x - 1.6} ${y - 2.6} L${x} ${y} L${x + 1.8} ${y - 3}`, darker(green, random.between(0.1, 0.25)), 0.9);
  });
}

function grassEdge(random, colour) {
  const blades = random.times(26, (index) => {
    const x = index * 4 + random.between(-1.5, 1.5);
    return data`M${x - 1.6} 102 Q${x} 98 ${x + random.between(-2, 2)} ${random.between(91, 96)} Q${x + 1} 98 ${x + 1.8} 102 Z`;
  });
  return path(blades.join(' '), { fill: colour });
}

function flowers(random, top, bottom) {
  const colour = random.pick(['#ffffff', '#ffd84a', '#f07a9a', '#b28be8', '#f4653c']);
  return random.times(random.integer(2, 7), () => {
    const [x, y] = [random.between(2, 98), random.between(top, bottom)];
    return [ellipse(x, y, 1.9, 1.7, colour), ellipse(x, y, 0.8, 0.7, '#e7a52c')];
  });
}

function tree(random, foot) {
  const x = random.pick([random.between(4, 24), random.between(76, 96)]);
  const leaf = hsl(random.between(60, 140), 0.4, random.between(0.25, 0.42));
  return [
    rect(x - 2, foot - 22, 4, 24, '#7a5538'),
    ellipse(x, foot - 30, random.between(10, 15), random.between(11, 16), leaf),
    ellipse(x - 3, foot - 34, 6, 6, lighter(leaf, 0.12)),
  ];
}

function fence(random, foot) {
  const colour = random.pick(['#f3efe6', '#b98d62', '#8c6a4c']);
  const posts = random.times(9, (index) => rect(index * 12.5 - 2, foot - 17, 4, 22, colour, { rx: 1.4 }));
  return [rect(0, foot - 12, 100, 2.4, colour), rect(0, foot - 4, 100, 2.4, colour), posts];
}

function sofa(random, ground) {
  const fabric = cloth(random);
  const seat = ground - random.between(14, 22);
  const top = random.between(26, 44);
  const cushion = (x) =>
    rect(x, seat - 18, 22, 21, cloth(random), { rx: 5, transform: `rotate(${random.integer(-14, 14)} ${x.toFixed(1)} ${seat.toFixed(1)})` });
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

function wall(random, bottom) {
  const colour = cloth(random, random.between(0.5, 0.86));
  const decorated = random.weighted({ plain: 3, stripes: 2, dots: 2 });
  const pattern = lighter(colour, 0.16);
  const stripes = () => random.times(9, (index) => rect(index * 12, 0, 5, bottom, pattern));
  const dots = () => random.times(42, (index) => {
    const row = Math.floor(index / 7);
    return ellipse((index % 7) * 16 + (row % 2) * 8, row * 12 + 4, 1.5, 1.5, pattern);
  });
  const drawn = { plain: () => '', stripes, dots }[decorated]();
  return [rect(0, 0, 100, bottom, colour), drawn];
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

function windowPane(random) {
  const [x, y] = [random.between(2, 62), random.between(4, 14)];
  const [width, height] = [random.between(28, 38), random.between(28, 38)];
  const view = random.pick(['#bfe4f7', '#a7cdee', '#fbd9a0', '#33407a', '#cfe6c8']);
  const bars = data`M${x + width / 2} ${y} v${height} M${x} ${y + height / 2} h${width}`;
  return [
    rect(x, y, width, height, view, { stroke: '#f7f3ea', 'stroke-width': 2.4 }),
    stroke(bars, '#f7f3ea', 1.8),
    random.chance(0.5) ? rect(x - 5, y - 3, 9, height + 8, cloth(random), { rx: 2 }) : '',
  ];
}

function pictureFrame(random) {
  const [x, y] = [random.between(4, 72), random.between(3, 18)];
  const [width, height] = [random.between(16, 24), random.between(14, 22)];
  return [
    rect(x, y, width, height, cloth(random), { stroke: random.pick(['#6b4a2e', '#f4efe4', '#2e2b2b']), 'stroke-width': 2 }),
    path(data`M${x} ${y + height} L${x + width * 0.4} ${y + height * 0.4} L${x + width} ${y + height} Z`, { fill: cloth(random) }),
  ];
}

function plant(random, foot) {
  const x = random.pick([random.between(5, 18), random.between(82, 95)]);
  const leaf = hsl(random.between(90, 150), 0.4, random.between(0.28, 0.44));
  const leaves = random.times(7, (index) => {
    const lean = (index - 3) * 4 + random.between(-1, 1);
    const height = random.between(16, 26);
    return stroke(data`M${x} ${foot - 8} Q${x + lean * 0.4} ${foot - height} ${x + lean} ${foot - 8 - height * 0.8}`, mix(leaf, '#ffffff', random.between(0, 0.2)), 3);
  });
  const pot = cloth(random, 0.5);
  return [leaves, path(data`M${x - 6} ${foot - 9} H${x + 6} L${x + 4} ${foot + 3} H${x - 4} Z`, { fill: pot })];
}

function books(random, foot) {
  const left = random.between(0, 80);
  return random.times(4, (index) => rect(left + index * 4.2, foot - 14 - (index % 2) * 3, 4, 14 + (index % 2) * 3, cloth(random)));
}

function ball(random) {
  const [x, y, r] = [random.between(6, 94), random.between(86, 95), random.between(4, 6.5)];
  const colour = hsl(random.between(0, 360), 0.6, 0.52);
  return [
    ellipse(x, y + r * 0.9, r, 1.6, '#1a1030', { opacity: 0.25 }),
    ellipse(x, y, r, r, colour),
    stroke(data`M${x - r * 0.9} ${y} Q${x} ${y + r * 0.7} ${x + r * 0.9} ${y}`, lighter(colour, 0.6), 1.2),
    ellipse(x - r * 0.35, y - r * 0.4, r * 0.28, r * 0.22, '#ffffff', { opacity: 0.7 }),
  ];
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
        return ellipse(random.between(0, 100), random.between(0, 80), r, r, mix(cloth(random), '#ffffff', 0.4), { opacity: 0.3 });
      })
    : '';
  const behind = [
    tag('defs', {}, radialGradient('glow', glow, [[0, lighter(colour, 0.45)], [1, darker(colour, 0.22)]])),
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
    random.times(5, () => stroke(data`M${random.between(0, 90)} ${random.between(horizon + 2, shore)} h${random.between(5, 14)}`, lighter(sea, 0.35), 0.8)),
    path(data`M0 ${shore} Q30 ${shore - 4} 55 ${shore + 1} T100 ${shore - 1} V100 H0 Z`, { fill: sand, stroke: '#ffffff', 'stroke-width': 1.4 }),
    random.times(14, () => ellipse(random.between(0, 100), random.between(shore + 5, 99), 0.8, 0.5, darker(sand, 0.2))),
    random.chance(0.5) ? ball(random) : '',
  ];
  return { behind };
}

/** Light over the whole picture: warm, cool or dim, from one side. */
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
  const stops = [[0, tint, strength * random.between(0.4, 1.2)], [0.6, tint, 0], [1, '#120a28', random.between(0.05, 0.3)]];
  return [tag('defs', {}, linearGradient('light', ends, stops)), rect(0, 0, 100, 100, 'url(#light)')];
}
