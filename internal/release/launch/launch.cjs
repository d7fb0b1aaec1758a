// The runner starts this script for the main step and for the post step. The
// script finds and runs the program ghcr-publish. The script exits with the
// exit code of the program.
//
//  - A release contains internal/release/launch/manifest.json and compressed files
//    with the programs. The script decompresses the program for this machine, and
//    runs it only if the SHA-256 sum equals the value in the release
//    manifest.
//  - In another tree (`uses: ./`, a branch, a fork), the script builds the
//    program with the Go toolchain of the job.
//
// The script downloads no program. If a release contains no valid program, the
// script fails and does not build the program.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');

const root = path.resolve(__dirname, '..', '..', '..');
const manifestFile = path.join(__dirname, 'manifest.json');
const isPost = process.env.STATE_isPost === 'true'; // The runner passes STATE variables only to the post step.
const isWindows = process.platform === 'win32';
const goos = isWindows ? 'windows' : process.platform;
const goarch = { x64: 'amd64' }[process.arch] ?? process.arch;
const exe = isWindows ? '.exe' : '';

let child; // This process receives the signals of this script.
let stopped; // This is the first signal that this script received.
for (const signal of isWindows ? ['SIGINT', 'SIGBREAK'] : ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped ??= signal;
    // On Windows, kill would end the child immediately. The child process
    // receives the console event directly from Windows.
    if (!isWindows) child?.kill(signal);
  });
}

// The function "run" starts a program with the standard streams of this script. The
// promise resolves to the exit code of the program. The function does not use
// spawnSync, because then the program would continue after the runner cancels the step.
function run(file, args, options) {
  return new Promise((resolve, reject) => {
    child = spawn(file, args, { stdio: 'inherit', ...options });
    child.on('error', (err) => reject(new Error(`starting ${file}: ${err.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}

// The function "bundled" returns the path of the released program for this machine. The
// first step of a job decompresses the program into the temporary folder of the job.
// Later steps of the job check the SHA-256 sum of this file and use it again.
async function bundled() {
  const { platforms = {} } = JSON.parse(fs.readFileSync(manifestFile, 'utf8'));
  const want = platforms[`${goos}-${goarch}`];
  if (!want) throw new Error(`this release has no program for ${goos}-${goarch}. Its platforms are: ${Object.keys(platforms).join(', ') || 'none'}`);
  // Without RUNNER_TEMP, the folder needs a random name, because other users
  // could write to a folder with a known name.
  const folder = process.env.RUNNER_TEMP
    ? path.join(process.env.RUNNER_TEMP, `ghcr-publish-${want.sha256}`)
    : fs.mkdtempSync(path.join(os.tmpdir(), 'ghcr-publish-'));
  const file = path.join(folder, `ghcr-publish${exe}`);
  if (!isProgram(file, want)) await decompress(want, file);
  return file;
}

function isProgram(file, want) {
  try {
    return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex') === want.sha256;
  } catch (err) {
    if (err.code === 'ENOENT') return false;
    throw err;
  }
}

// The function "decompress" writes one program of a compressed file to a new file. The
// new file gets its final name only after the check of its SHA-256 sum, so that a
// concurrent step never runs an incomplete program.
async function decompress(want, file) {
  const pack = path.join(__dirname, 'bin', want.pack);
  const part = `${file}.${process.pid}`;
  const hash = crypto.createHash('sha256');
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const out = fs.openSync(part, 'w', 0o755);
  try {
    for await (const piece of section(pack, want.offset, want.size)) {
      hash.update(piece);
      fs.writeSync(out, piece);
    }
  } finally {
    fs.closeSync(out);
  }
  const sum = hash.digest('hex');
  if (sum !== want.sha256) {
    fs.rmSync(part);
    throw new Error(`${pack} does not contain the program of this release: the sha256 is ${sum}, but the manifest has ${want.sha256}`);
  }
  try {
    fs.renameSync(part, file);
  } catch (err) { // Windows cannot replace a running program.
    fs.rmSync(part);
    if (!isProgram(file, want)) throw err;
  }
}

// The function "section" returns a part of the decompressed content in pieces.
async function* section(pack, offset, size) {
  if (!zlib.createZstdDecompress) throw new Error(`Node.js ${process.version} has no zstd. This action needs the Node.js 24 of the runner`);
  const input = fs.createReadStream(pack, { highWaterMark: 1 << 20 });
  const content = zlib.createZstdDecompress({ chunkSize: 1 << 20, params: { [zlib.constants.ZSTD_d_windowLogMax]: 27 } });
  input.on('error', (err) => content.destroy(err));
  let skip = offset;
  let left = size;
  try {
    for await (const chunk of input.pipe(content)) {
      const piece = chunk.subarray(skip, skip + left);
      skip = Math.max(0, skip - chunk.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
      if (left === 0) return;
    }
  } finally {
    input.destroy();
  }
}

// This environment replaces settings of the job for cross-compilation or for
// another Go toolchain.
const goEnv = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '', GOOS: '', GOARCH: '' };

// The function "built" builds the program into a new folder, so that concurrent steps
// do not share files.
async function built() {
  checkGo();
  const folder = fs.mkdtempSync(path.join(process.env.RUNNER_TEMP || os.tmpdir(), 'ghcr-publish-'));
  const file = path.join(folder, `ghcr-publish${exe}`);
  const code = await run('go', ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', file, '.'], { cwd: root, env: goEnv });
  if (code !== 0 && !stopped) throw new Error(`building ${root}: go build failed with exit code ${code}. The log above contains the output of go build`);
  return file;
}

// The function checkGo checks the Go version before the build, because the
// error of an old Go toolchain is hard to understand.
function checkGo() {
  const need = /^go (\S+)/m.exec(fs.readFileSync(path.join(root, 'go.mod'), 'utf8'))[1];
  const cure = `This tree is not a release, so this step builds the program with Go ${need} or newer. Add a step with actions/setup-go before this step, or use a release of the action`;
  const { error, stdout } = spawnSync('go', ['env', 'GOVERSION'], { cwd: os.tmpdir(), env: goEnv, encoding: 'utf8' });
  if (error) throw new Error(`running go env: ${error.message}. ${cure}`);
  const have = stdout.trim().replace(/^go/, '');
  if (have.localeCompare(need, 'en', { numeric: true }) < 0) throw new Error(`the installed Go version is ${have || 'unknown'}. ${cure}`);
}

// The function "save" stores a value that the runner passes to the post step of the
// same action.
function save(name, value) {
  if (process.env.GITHUB_STATE) fs.appendFileSync(process.env.GITHUB_STATE, `${name}=${value}\n`);
}

async function main() {
  if (!isPost) save('isPost', 'true');
  else if (!process.env.STATE_program) return 0; // The main step ended before it had a program.
  const program = fs.existsSync(manifestFile) ? await bundled() : process.env.STATE_program || (await built());
  if (stopped) return 128 + os.constants.signals[stopped];
  if (!isPost) save('program', program);
  return run(program, [], { env: { ...process.env, GHCR_PUBLISH_STAGE: isPost ? 'post' : 'main' } });
}

main().then((code) => { process.exitCode = code; }, (err) => {
  const text = err.message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  console.log(`::error title=ghcr-publish did not start::${text}`);
  process.exitCode = 1;
});
