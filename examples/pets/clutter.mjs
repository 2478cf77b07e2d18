/** What scenes are furnished with: sky, walls, plants, toys and the like. */
import {
  darker,
  data,
  ellipse,
  group,
  hsl,
  lighter,
  linearGradient,
  mix,
  move,
  path,
  rect,
  scale,
  stroke,
  tag,
} from './svg.mjs';

/** A muted, random wall or cloth color. */
export const cloth = (random, lightness = random.between(0.35, 0.8)) =>
  hsl(random.between(0, 360), random.between(0.15, 0.5), lightness);

export function sky(random) {
  const [high, low] = random.pick([
    ['#6fb3e8', '#d8effb'],
    ['#4f9be0', '#bfe3f7'],
    ['#8d9fc0', '#dfe3ea'],
    ['#6a5a9c', '#f7b58a'],
    ['#f0a26a', '#fde3b0'],
    ['#27356b', '#6f79b8'],
  ]);
  return [
    tag(
      'defs',
      {},
      linearGradient(
        'sky',
        [0, 0, 0, 1],
        [
          [0, high],
          [1, low],
        ],
      ),
    ),
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
  return tag(
    'g',
    { opacity: 0.8 },
    group(`${move(random.between(0, 100), random.between(8, 42))} ${scale(size)}`, shape),
  );
}

export function tufts(random, green, top) {
  return random.times(12, () => {
    const [x, y] = [random.between(0, 100), random.between(top, 98)];
    return stroke(
      data`M${x - 1.6} ${y - 2.6} L${x} ${y} L${x + 1.8} ${y - 3}`,
      darker(green, random.between(0.1, 0.25)),
      0.9,
    );
  });
}

export function flowers(random, top, bottom) {
  const colour = random.pick(['#ffffff', '#ffd84a', '#f07a9a', '#b28be8', '#f4653c']);
  return random.times(random.integer(2, 7), () => {
    const [x, y] = [random.between(2, 98), random.between(top, bottom)];
    return [ellipse(x, y, 1.9, 1.7, colour), ellipse(x, y, 0.8, 0.7, '#e7a52c')];
  });
}

export function tree(random, foot) {
  const x = random.pick([random.between(4, 24), random.between(76, 96)]);
  const leaf = hsl(random.between(60, 140), 0.4, random.between(0.25, 0.42));
  return [
    rect(x - 2, foot - 22, 4, 24, '#7a5538'),
    ellipse(x, foot - 30, random.between(10, 15), random.between(11, 16), leaf),
    ellipse(x - 3, foot - 34, 6, 6, lighter(leaf, 0.12)),
  ];
}

export function fence(random, foot) {
  const colour = random.pick(['#f3efe6', '#b98d62', '#8c6a4c']);
  const posts = random.times(9, (index) => rect(index * 12.5 - 2, foot - 17, 4, 22, colour, { rx: 1.4 }));
  return [rect(0, foot - 12, 100, 2.4, colour), rect(0, foot - 4, 100, 2.4, colour), posts];
}

export function wall(random, bottom) {
  const colour = cloth(random, random.between(0.5, 0.86));
  const decorated = random.weighted({ plain: 3, stripes: 2, dots: 2 });
  const pattern = lighter(colour, 0.16);
  const stripes = () => random.times(9, (index) => rect(index * 12, 0, 5, bottom, pattern));
  const dots = () =>
    random.times(42, (index) => {
      const row = Math.floor(index / 7);
      return ellipse((index % 7) * 16 + (row % 2) * 8, row * 12 + 4, 1.5, 1.5, pattern);
    });
  const drawn = { plain: () => '', stripes, dots }[decorated]();
  return [rect(0, 0, 100, bottom, colour), drawn];
}

export function windowPane(random) {
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

export function pictureFrame(random) {
  const [x, y] = [random.between(4, 72), random.between(3, 18)];
  const [width, height] = [random.between(16, 24), random.between(14, 22)];
  return [
    rect(x, y, width, height, cloth(random), {
      stroke: random.pick(['#6b4a2e', '#f4efe4', '#2e2b2b']),
      'stroke-width': 2,
    }),
    path(data`M${x} ${y + height} L${x + width * 0.4} ${y + height * 0.4} L${x + width} ${y + height} Z`, {
      fill: cloth(random),
    }),
  ];
}

export function plant(random, foot) {
  const x = random.pick([random.between(5, 18), random.between(82, 95)]);
  const leaf = hsl(random.between(90, 150), 0.4, random.between(0.28, 0.44));
  const leaves = random.times(7, (index) => {
    const lean = (index - 3) * 4 + random.between(-1, 1);
    const height = random.between(16, 26);
    return stroke(
      data`M${x} ${foot - 8} Q${x + lean * 0.4} ${foot - height} ${x + lean} ${foot - 8 - height * 0.8}`,
      mix(leaf, '#ffffff', random.between(0, 0.2)),
      3,
    );
  });
  const pot = cloth(random, 0.5);
  return [leaves, path(data`M${x - 6} ${foot - 9} H${x + 6} L${x + 4} ${foot + 3} H${x - 4} Z`, { fill: pot })];
}

export function books(random, foot) {
  const left = random.between(0, 80);
  return random.times(4, (index) =>
    rect(left + index * 4.2, foot - 14 - (index % 2) * 3, 4, 14 + (index % 2) * 3, cloth(random)),
  );
}

export function ball(random) {
  const [x, y, r] = [random.between(6, 94), random.between(86, 95), random.between(4, 6.5)];
  const colour = hsl(random.between(0, 360), 0.6, 0.52);
  return [
    ellipse(x, y + r * 0.9, r, 1.6, '#1a1030', { opacity: 0.25 }),
    ellipse(x, y, r, r, colour),
    stroke(data`M${x - r * 0.9} ${y} Q${x} ${y + r * 0.7} ${x + r * 0.9} ${y}`, lighter(colour, 0.6), 1.2),
    ellipse(x - r * 0.35, y - r * 0.4, r * 0.28, r * 0.22, '#ffffff', { opacity: 0.7 }),
  ];
}
