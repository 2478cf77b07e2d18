/** The sections of a model card with code: for the browser, Node and Python, and how to check a machine's scores. */
import type { ImageSpec } from '../../image/dataset.js';
import { sidesBeforeCrop } from '../../image/fit.js';
import { companionText, preferred, type CompanionFacts } from './companions.js';

export async function codeSections(
  image: ImageSpec,
  facts: CompanionFacts & { readonly thresholds?: readonly number[] },
): Promise<string[]> {
  const format = preferred(facts.formats);
  const runtime = { onnx: 'onnxruntime-node', tfjs: tfjsPackages }[format];
  const fenced = async (language: string, name: string): Promise<string> => {
    const prepared = (await companionText(name)).replace(/^( *)# prepare\n/m, (_, indent: string) =>
      pythonLines(image, indent),
    );
    return `\`\`\`${language}\n${facts.thresholds === undefined ? prepared : withThresholds(prepared)}\`\`\``;
  };
  return [
    '## Try it',
    'Run `python3 -m http.server` or `npx serve` in this folder, and open `demo.html` at the URL that it prints. The page runs the model in the browser, and sends images nowhere.',
    '## Use in the browser',
    `A page in this folder, for any static server that sends \`.mjs\` files as JavaScript (for nginx, add \`mjs\` to \`js\` in \`mime.types\`). ${uprightInBrowsers(image)}`.trim(),
    await fenced('html', `browser-${format}.html`),
    '## Use in Node',
    `\`npm install ${runtime} sharp\`, save this in this folder as \`classify.mjs\`, then \`node classify.mjs cat.jpg\`:`,
    await fenced('js', `classify-${format}.mjs`),
    '## Use in Python',
    ...(format === 'onnx'
      ? [
          '`pip install onnxruntime numpy pillow`, save this in this folder as `classify.py`, then `python classify.py cat.jpg`:',
          await fenced('python', 'classify.py'),
        ]
      : ['Python needs an `.onnx` file: set `formats: [tfjs, onnx]` in the export stage and run the pipeline again.']),
    '## Resizing',
    'Scores change with the way images are resized. This model was trained with the filters of Pillow: Python uses Pillow itself, and JavaScript uses `prepare.mjs`, which computes the same pixels. So the scores of the code above are those of `pipeline predict`, within 0.001. Other ways to resize (`resize` of sharp, `drawImage` to a smaller size, `tf.image`, OpenCV) compute other pixels: with sharp, scores of a model for photos changed by up to 0.03.',
    ...(facts.probes === 0 ? [] : ['## Check', checkText(facts)]),
  ];
}

/** What is different in the code for a model that gives an image any number of classes. */
const ofSeveral: readonly (readonly [RegExp, string])[] = [
  [/const classes = (JSON\.parse\(await read\('classes\.json'\)\))/, 'const { classes, thresholds } = $1'],
  [/const \[classes, \{/, 'const [{ classes, thresholds }, {'],
  [
    /return (Object\.fromEntries\(classes\.map\(\(name, i\) => \[name, ([a-z.]+)\[i\]\]\)\));/,
    'return { classes: classes.filter((_, i) => $2[i] >= thresholds[i]), scores: $1 };',
  ],
  [
    /classes = json\.load\(file\)/,
    'about = json.load(file)\nclasses, thresholds = about["classes"], about["thresholds"]',
  ],
  [
    /( *)return (dict\(zip\(classes, scores\[0\]\.tolist\(\)\)\))/,
    '$1found = [name for name, score, least in zip(classes, scores[0], thresholds) if score >= least]\n$1return {"classes": found, "scores": $2}',
  ],
];

function withThresholds(code: string): string {
  // Where the classes are read, and where they are given back.
  if (ofSeveral.filter(([from]) => from.test(code)).length !== 2)
    throw new Error('the code of a model card reads its classes in another way');
  return ofSeveral.reduce((text, [from, to]) => text.replace(from, to), code);
}

const tfjsPackages = '@tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-cpu';

function checkText({ formats, tolerance }: CompanionFacts): string {
  const programs = preferred(formats) === 'onnx' ? '`python check.py` and `node check.mjs`' : '`node check.mjs`';
  return `On the machine where the model will run, ${programs} compute the scores for the images in \`probes/\`, and exit with 1 if one differs by more than ${tolerance} from \`probes.json\`.`;
}

/** Browsers turn images in any case. */
function uprightInBrowsers({ orientation }: ImageSpec): string {
  return orientation === 'exif'
    ? ''
    : 'Browsers turn photos upright by their EXIF orientation, but this model was trained on images as they are stored: scores of such photos differ here.';
}

/** Lines of Python that bring the file at `path` to size, as `image`. */
function pythonLines({ size: [height, width], interpolation, orientation, fit }: ImageSpec, indent: string): string {
  const opened = orientation === 'exif' ? 'ImageOps.exif_transpose(Image.open(path))' : 'Image.open(path)';
  const resampling = `Image.Resampling.${interpolation.toUpperCase()}`;
  const lines = [`image = ${opened}.convert("RGB")`];
  if (fit === undefined) lines.push(`image = image.resize((${width}, ${height}), ${resampling})`);
  else if (fit.kind === 'pad')
    lines.push(`image = ImageOps.pad(image, (${width}, ${height}), ${resampling}, color=(${fit.fill.join(', ')}))`);
  else {
    const box = sidesBeforeCrop({ width, height }, fit.crop_pct);
    lines.push(
      `to, of = max((${box.height}, image.height), (${box.width}, image.width), key=lambda pair: pair[0] / pair[1])`,
      `image = image.resize([side * to // of for side in image.size], ${resampling})`,
      fit.rounding === 'even'
        ? `left, top = round((image.width - ${width}) / 2), round((image.height - ${height}) / 2)`
        : `left, top = (image.width - ${width}) // 2, (image.height - ${height}) // 2`,
      `image = image.crop((left, top, left + ${width}, top + ${height}))`,
    );
  }
  return lines.map((line) => `${indent}${line}\n`).join('');
}
