/** Stands for `node:zlib` in the browser, as a Node without `crc32`: there the decoder finds what a checksum would. */
export default {};
