/** The pipeline for the drawn images that come with the tool: its base comes with the tool too. */

/** `source` is the folder as the file names it. */
export function exampleText(name: string, source: string, schema: string): string {
  return `# yaml-language-server: $schema=${schema}
#
# Trains a classifier on the image folders in ${JSON.stringify(source)}.
version: 1
name: ${JSON.stringify(name)}
seed: 42
stages:
  ingest:
    source: ${JSON.stringify(source)}
    image: {size: [96, 96]}
    split: {validation: 0.2}    # if there are no folders train/ and validation/
  load-base:
    architecture: compact32     # small, comes with the tool
  freeze:
    layers: all
  build-head:
    layers:
      - global_average_pooling
      - dense: {units: 64, activation: relu}
      - dropout: 0.5
      - classifier
  train:
    optimizer: {adam: {learning_rate: 0.001}}
    batch_size: 32
    epochs: 30
  evaluate: {}
  export:
    to: ${JSON.stringify(`models/${name}`)}
`;
}
