/**
 * How many images a network of an ONNX file takes together. Its layers are not known, so this cannot follow from their
 * sizes. EfficientNet-Lite0, MobileNetV3, EfficientNetV2, ConvNeXt and ViT at 224 px all need the least processor time
 * per image at 1 to 4 images, and a tenth to a quarter more at 16, where tensors leave the processor's cache; with two
 * and more images the cores share the work better. Whether a file gives an image the same numbers alone and with others
 * is checked for exactly this many (`engine/onnx/first-run.ts`), so it is used with this many or with one.
 */
export const IMAGES_TOGETHER = 4;
