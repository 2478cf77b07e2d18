/**
 * Heads, drawn around (0, 0) and about 40 units wide.
 *
 * `turn` runs from -1 (looks left) over 0 (looks at us) to 1 (looks right):
 * what lies further in front moves further to the side.
 */
import { clipped, data, ellipse, group, move, path, scale, stroke } from './svg.mjs';

/** The head of an animal made by `describeAnimal`. */
export function drawHead(random, animal) {
  return animal.species === 'cat' ? drawCatHead(random, animal) : drawDogHead(random, animal);
}

const outlined = (d, fill, { coat, outline }, line = coat.line) =>
  path(d, { fill, stroke: line, 'stroke-width': outline, 'stroke-linejoin': 'round' });

/** The same drawing on both sides of the face. */
const bothSides = (turn, make) => [
  group(move(-turn * 2, 0), make(-1)),
  group(`${move(-turn * 2, 0)} ${scale(-1, 1)}`, make(1)),
];

function drawCatHead(random, animal) {
  const { coat, turn, earHeight, earSpread, cheek } = animal;
  const skull = data`M-19 1 C-20 -12 -10 -17 0 -17 C10 -17 20 -12 19 1 C${18 + cheek} 11 9 16 0 16 C-9 16 ${-18 - cheek} 11 -19 1 Z`;
  const tip = -16 - earHeight;
  const ears = bothSides(turn, () => [
    outlined(
      data`M-18.5 -3 C-20 -12 ${-19 - earSpread} ${tip + 6} ${-17 - earSpread} ${tip} C-11 ${tip + 2} -5 -19 -3 -14 Z`,
      coat.base,
      animal,
    ),
    path(
      data`M-16 -8 C-17 -13 ${-17 - earSpread} ${tip + 8} ${-16 - earSpread} ${tip + 3.5} C-12 ${tip + 5} -9 -18 -7.5 -14 Z`,
      { fill: coat.inner },
    ),
  ]);
  return [
    ears,
    outlined(skull, coat.base, animal),
    clipped('face', skull, faceMarkings(random, animal)),
    catEyes(animal),
    catMuzzle(animal),
  ];
}

function catEyes({ coat, turn, eyes, asleep }) {
  const shift = turn * 4;
  return [-8.2, 8.2].map((side) => {
    const x = side + shift;
    if (asleep) return stroke(data`M${x - 4} 0 q4 3.6 8 0`, coat.dark ? coat.pale : coat.line, 1.4);
    return [
      ellipse(x, -1, 4.9, 4.6, coat.dark ? '#0d0b12' : coat.line),
      ellipse(x, -1, 4.2, 3.9, eyes),
      ellipse(x + turn * 0.8, -1, 1.25, 3.7, '#12100f'),
      ellipse(x + 1.3, -2.6, 1, 1, '#ffffff'),
    ];
  });
}

function catMuzzle({ coat, turn, nose }) {
  const x = turn * 5.5;
  const whisker = coat.dark ? '#e9e6ee' : '#fffdf8';
  const hairs = [-1, 1].map((side) =>
    [-2.4, 0.2, 2.8].map((bend) =>
      stroke(
        data`M${x + side * 6} ${7.5 + bend * 0.4} q${side * 8} ${bend * 0.6 - 1} ${side * 17} ${bend * 1.7}`,
        whisker,
        0.75,
        { opacity: 0.9 },
      ),
    ),
  );
  return [
    ellipse(x - 3.6, 8.2, 4.8, 3.9, coat.pale),
    ellipse(x + 3.6, 8.2, 4.8, 3.9, coat.pale),
    ellipse(x, 11.6, 3.2, 2.4, coat.pale),
    stroke(data`M${x} 6 V8.4 M${x - 4} 9 q2 2.6 4 -0.4 q2 3 4 0.4`, '#4a2b2b', 0.9),
    path(data`M${x - 2.4} 4 q2.4 -1 4.8 0 q-0.6 2.4 -2.4 2.9 q-1.8 -0.5 -2.4 -2.9 Z`, {
      fill: nose,
    }),
    hairs,
  ];
}

function drawDogHead(random, animal) {
  const { coat, turn } = animal;
  const jaw = turn * 7;
  const skull = data`M-15.5 -5 C-16 -20 16 -20 15.5 -5 C15.5 3 ${12 + jaw * 0.8} 8 ${10.5 + jaw} 14 C${9 + jaw} 22 ${-9 + jaw} 22 ${-10.5 + jaw} 14 C${-12 + jaw * 0.8} 8 -15.5 3 -15.5 -5 Z`;
  const ears = bothSides(turn, (side) => dogEar(animal, side));
  return [
    animal.ears === 'half' ? ears : '',
    outlined(skull, coat.base, animal),
    clipped('face', skull, faceMarkings(random, animal)),
    dogEyes(animal),
    dogMuzzle(animal),
    animal.ears === 'half' ? '' : ears,
  ];
}

/** The left ear; the right one is its mirror image. */
function dogEar(animal, side) {
  const { coat, ears, earHeight } = animal;
  const fill = coat.pattern === 'patches' && side > 0 ? coat.mark : coat.shade;
  const length = earHeight;
  if (ears === 'half') {
    return [
      outlined(data`M-15 -5 C-18 -13 -20 -19 -17 ${-14 - length} L-4 -15 Z`, coat.base, animal),
      outlined(data`M-19 ${-13 - length} C-14 ${-18 - length} -8 ${-13 - length} -7.5 -17 L-19.5 -9.5 Z`, fill, animal),
    ];
  }
  const low = ears === 'long' ? 9 + length : 1 + length;
  return outlined(
    data`M-8.5 -16.5 C-19 -20 -24 -11 -24.5 ${low - 6} C-25 ${low + 3} -18 ${low + 4} -15.5 ${low - 3} C-13.5 ${low - 9} -14.5 -8 -8.5 -16.5 Z`,
    fill,
    animal,
  );
}

function dogEyes({ coat, turn, eyes, asleep, brows }) {
  const shift = turn * 4.5;
  return [-6.6, 6.6].map((side) => {
    const x = side + shift;
    if (asleep) return stroke(data`M${x - 3} -3.5 q3 2.8 6 0`, coat.dark ? coat.pale : coat.line, 1.4);
    return [
      brows ? ellipse(x, -8.4, 2.2, 1.4, coat.pale) : '',
      ellipse(x, -3.4, 3.2, 3.3, coat.dark ? coat.pale : coat.line),
      ellipse(x, -3.4, 2.6, 2.8, eyes),
      ellipse(x + turn * 0.4, -3.4, 1.6, 1.8, '#120d0b'),
      ellipse(x + 0.9, -4.5, 0.85, 0.85, '#ffffff'),
    ];
  });
}

function dogMuzzle(animal) {
  const { coat, turn, nose, tongue, snout, asleep } = animal;
  const x = turn * 8;
  const tip = turn * 11;
  const width = snout + Math.abs(turn) * 2.5;
  const smile = data`M${tip} 7 V11.5 M${x - width * 0.68} 11 Q${x - width * 0.2} 15.5 ${tip} 11.5 Q${x + width * 0.4} 15.5 ${x + width * 0.68} 11`;
  const lolling =
    tongue && !asleep
      ? outlined(
          data`M${tip - 3.2} 13 V18.5 C${tip - 3.2} 23.5 ${tip + 3.2} 23.5 ${tip + 3.2} 18.5 V13 Z`,
          '#ec7f8c',
          animal,
          '#a8434f',
        ) + stroke(data`M${tip} 14 V18.5`, '#c65a67', 0.8)
      : '';
  return [
    ellipse(x, 9.6, width, 9, coat.pale),
    lolling,
    stroke(smile, '#3a2424', 1.1),
    ellipse(tip, 4.6, 4.6, 3.5, nose),
    ellipse(tip - 1.2, 3.4, 1.5, 0.8, '#ffffff', { opacity: 0.55 }),
  ];
}

/** Patterns on the face; `skull` clips them. */
function faceMarkings(random, { coat, species, turn }) {
  const shift = turn * 4;
  const marks = [ellipse(-4, -14, 14, 5, '#ffffff', { opacity: 0.14 })];
  if (coat.pattern === 'stripes') {
    const low = species === 'cat' ? -9 : -10;
    marks.push(
      stroke(
        data`M${shift} -18 V${low} M${shift - 5} -18 L${shift - 4} ${low - 1} M${shift + 5} -18 L${shift + 4} ${low - 1}`,
        coat.mark,
        1.9,
      ),
    );
    marks.push(stroke(data`M-21 2 l6 1 M-21 7 l6 0 M21 2 l-6 1 M21 7 l-6 0`, coat.mark, 1.6));
  }
  if (coat.pattern === 'patches') {
    const side = random.pick([-1, 1]);
    marks.push(ellipse(side * 9 + shift, -4, 9, 10.5, coat.mark));
    if (random.chance(0.4)) marks.push(ellipse(-side * 14, -14, 9, 8, coat.mark));
  }
  if (coat.pattern === 'bicolour') {
    marks.push(
      path(data`M${shift - 2} -18 L${shift - 3} -4 L-13 24 H13 L${shift + 3} -4 L${shift + 2} -18 Z`, {
        fill: coat.pale,
      }),
    );
  }
  return marks;
}
