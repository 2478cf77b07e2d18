/** `DepthwiseConv2D` is `depthwise_conv2d`, `ReLU` is `re_lu` (keras/src/utils/naming.py, to_snake_case). */
export function snakeCase(name: string): string {
  const plain = name.slice(0, 200).replace(/\W+/g, '');
  return plain
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
