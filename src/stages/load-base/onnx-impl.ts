/** Version of what is made of an ONNX file: raised whenever the same file gives another network. */
export const ONNX_IMPL = 3;
