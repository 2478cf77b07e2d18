/** One image: the scene with the animal in it, as SVG text and as JPEG. */
import sharp from 'sharp';
import { POSE_ROOM, describeAnimal, drawAnimal } from './animals.mjs';
import { createRandom } from './random.mjs';
import { drawScene } from './scenes.mjs';
import { ellipse, group, move, scale, tag } from './svg.mjs';

/** Width and height of an image in pixels. */
const SIDE = 96;

/** The SVG is drawn larger and made smaller, for soft edges. */
const OVERSAMPLING = 3;

/** Fixed on purpose: the same pixels give the same file with the same libvips. */
const JPEG = { quality: 80, chromaSubsampling: '4:2:0', progressive: false, mozjpeg: false };

/**
 * The SVG text of an image; the same key gives the same text.
 *
 * @param {number | string} seed
 * @param {'cat' | 'dog'} species
 * @param {number} number 1 for the first image of a class
 */
function drawSvg(seed, species, number) {
  const scene = drawScene(createRandom(seed, species, number, 'scene'));
  const random = createRandom(seed, species, number, 'animal');
  const animal = describeAnimal(random, species);
  const side = SIDE * OVERSAMPLING;
  return tag(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', width: side, height: side, viewBox: '0 0 100 100' },
    scene.behind,
    placeAnimal(random, animal, scene),
    animal.pose === 'portrait' ? '' : scene.before,
    scene.light,
  );
}

/** Puts the animal on the ground, at a drawn size and place, looking either way. */
function placeAnimal(random, animal, scene) {
  const room = POSE_ROOM[animal.pose];
  const fit = Math.min(88 / room.width, 80 / room.height);
  const size = fit * random.between(0.88, 1.08);
  const slack = Math.max(2, (96 - room.width * size) / 2);
  const x = 50 + random.between(-0.8, 0.8) * slack;
  const y = animal.pose === 'portrait' ? random.between(84, 94) : scene.ground;
  const mirror = random.chance(0.5) ? -1 : 1;
  const shadow = ellipse(x, y, room.width * size * 0.44, 3.6 * size, '#160c26', { opacity: 0.28 });
  const place = `${move(x - mirror * room.middle * size, y)} ${scale(mirror * size, size)}`;
  return [animal.pose === 'portrait' ? '' : shadow, group(place, drawAnimal(random, animal))];
}

/** The image as JPEG bytes. */
export async function drawJpeg(seed, species, number) {
  const random = createRandom(seed, species, number, 'camera');
  const blur = random.chance(0.4) ? random.between(0.4, 0.8) : 0;
  const grain = random.chance(0.6) ? random.between(1.5, 5.5) : 0;
  let image = sharp(Buffer.from(drawSvg(seed, species, number)))
    .flatten({ background: '#ffffff' })
    .resize(SIDE, SIDE, { kernel: 'lanczos3' });
  if (blur > 0) image = image.blur(blur);
  const pixels = await image.toColourspace('srgb').raw().toBuffer();
  addGrain(random, pixels, grain);
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

/** Film grain: mostly brightness, a little color. */
function addGrain(random, pixels, grain) {
  if (grain === 0) return;
  for (let at = 0; at < pixels.length; at += 3) {
    const common = random.normal() * grain;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = pixels[at + channel] + common + random.normal() * grain * 0.25;
      pixels[at + channel] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
}
