/** Stands for `node:zlib` in the browser, without `crc32`: there the decoder finds what a checksum would. */
export default {};
