// This script writes one compressed file that contains several programs. The
// arguments are the compression level, the path of the compressed file, and the
// paths of the programs. The command internal/release passes this script to
// Node.js with the option -e.
//
// Programs of the same architecture share most of their code. If they are
// compressed together, zstd stores the shared code only once. The compression
// window of 128 MiB is larger than all programs together. The same version of
// zstd gives the same bytes on every machine.
'use strict';

const fs = require('node:fs');
const zlib = require('node:zlib');

const [level, out, ...files] = process.argv.slice(1);
const content = Buffer.concat(files.map((file) => fs.readFileSync(file)));
const params = {
  [zlib.constants.ZSTD_c_compressionLevel]: Number(level),
  [zlib.constants.ZSTD_c_windowLog]: 27,
  [zlib.constants.ZSTD_c_contentSizeFlag]: 1,
};
fs.writeFileSync(out, zlib.zstdCompressSync(content, { params, pledgedSrcSize: content.length }));
