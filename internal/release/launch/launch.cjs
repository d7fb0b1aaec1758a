// The runner starts this script for the main step and for the post step. The
// script finds and runs the ghcr-publish program of this tree. The script exits
// with the exit code of the program.
//
//  - A release contains internal/release/launch/manifest.json and the programs
//    that this release manifest names. The script runs the program for this
//    machine only if the sha256 of the program is equal to the value in the
//    release manifest.
//  - In another tree (`uses: ./`, a branch, a fork), the script builds the
//    program with the Go toolchain of the job.
//
// The script downloads no program. If one of these two ways fails, the script
// does not try the other way.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '..', '..', '..');
const manifestFile = path.join(__dirname, 'manifest.json');
const isPost = process.env.STATE_isPost === 'true'; // the runner passes state only to the post step
const isWindows = process.platform === 'win32';
const goos = isWindows ? 'windows' : process.platform;
const goarch = { x64: 'amd64' }[process.arch] ?? process.arch;
const exe = isWindows ? '.exe' : '';

let child; // the process that receives the signals of this script
let stopped; // the first signal that this script received
for (const signal of isWindows ? ['SIGINT', 'SIGBREAK'] : ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped ??= signal;
    // On Windows, kill would end the child at once. The child receives the
    // console event itself.
    if (!isWindows) child?.kill(signal);
  });
}

// Runs a program with the standard streams of this script, and resolves to its
// exit code. spawnSync is not suitable, because the child would continue after
// a cancel.
function run(file, args, options) {
  return new Promise((resolve, reject) => {
    child = spawn(file, args, { stdio: 'inherit', ...options });
    child.on('error', (err) => reject(new Error(`starting ${file}: ${err.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}

// Returns the program of the release for this machine, after checking its
// sha256.
function bundled() {
  const { platforms = {} } = JSON.parse(fs.readFileSync(manifestFile, 'utf8'));
  const want = platforms[`${goos}-${goarch}`];
  if (!want) throw new Error(`this release has no program for ${goos}-${goarch}. Its platforms are: ${Object.keys(platforms).join(', ') || 'none'}`);
  const file = path.join(__dirname, 'bin', `ghcr-publish-${goos}-${goarch}${exe}`);
  const sum = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  if (sum !== want.sha256) throw new Error(`${file} is not the program of this release: its sha256 is ${sum}, but the manifest has ${want.sha256}`);
  if (!isWindows && !(fs.statSync(file).mode & 0o111)) fs.chmodSync(file, 0o755); // a zip archive does not keep the executable bit
  return file;
}

// The job may have settings for cross-compilation, or for another Go toolchain.
const goEnv = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '', GOOS: '', GOARCH: '' };

// Builds this tree into a new folder, so that concurrent steps do not share
// files.
async function built() {
  checkGo();
  const folder = fs.mkdtempSync(path.join(process.env.RUNNER_TEMP || os.tmpdir(), 'ghcr-publish-'));
  const file = path.join(folder, `ghcr-publish${exe}`);
  const code = await run('go', ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', file, '.'], { cwd: root, env: goEnv });
  if (code !== 0 && !stopped) throw new Error(`building ${root}: go build failed with exit code ${code}; see its output above`);
  return file;
}

// Checks the Go version first, because the error of an old Go toolchain is hard
// to understand.
function checkGo() {
  const need = /^go (\S+)/m.exec(fs.readFileSync(path.join(root, 'go.mod'), 'utf8'))[1];
  const cure = `This tree is not a release, so this step builds the program with Go ${need} or newer. Add a step with actions/setup-go before this step, or use a release of the action`;
  const { error, stdout } = spawnSync('go', ['env', 'GOVERSION'], { cwd: os.tmpdir(), env: goEnv, encoding: 'utf8' });
  if (error) throw new Error(`running go env: ${error.message}. ${cure}`);
  const have = stdout.trim().replace(/^go/, '');
  if (have.localeCompare(need, 'en', { numeric: true }) < 0) throw new Error(`the installed Go version is ${have || 'unknown'}. ${cure}`);
}

// Saves a value, which the runner passes to the post step of the same action.
function save(name, value) {
  if (process.env.GITHUB_STATE) fs.appendFileSync(process.env.GITHUB_STATE, `${name}=${value}\n`);
}

async function main() {
  if (!isPost) save('isPost', 'true');
  else if (!process.env.STATE_program) return 0; // the main step ended before it had a program
  const program = fs.existsSync(manifestFile) ? bundled() : process.env.STATE_program || (await built());
  if (stopped) return 128 + os.constants.signals[stopped];
  if (!isPost) save('program', program);
  return run(program, [], { env: { ...process.env, GHCR_PUBLISH_STAGE: isPost ? 'post' : 'main' } });
}

main().then((code) => { process.exitCode = code; }, (err) => {
  const text = err.message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  console.log(`::error title=ghcr-publish did not start::${text}`);
  process.exitCode = 1;
});
