// This script renders the pictures of the documents with GitHub's style and headless
// Chromium. Most pictures show a file that a test script in testdata expects, so that
// the picture shows exactly the text that a test compares. A picture without a test
// script shows another file of the repository.
//
//   npm ci && npm run render     writes all pictures and sources.json
//   npm run check                fails if an expected file has changed since then
//
// The variable CHROMIUM contains the path of the browser; the default is chromium.
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Marked } from 'marked'
import markedAlert from 'marked-alert'
import puppeteer from 'puppeteer-core'

const folder = dirname(fileURLToPath(import.meta.url))
const root = join(folder, '..', '..')
const require = createRequire(import.meta.url)
const arguments_ = process.argv.slice(2)
const check = arguments_.includes('--check')
const out = arguments_.includes('--out') ? arguments_[arguments_.indexOf('--out') + 1] : folder

const pictures = JSON.parse(readFileSync(join(folder, 'pictures.json'), 'utf8'))
const pages = pictures.map(picture => ({ ...picture, html: page(picture) }))
const sources = Object.fromEntries(pages.map(p => [p.name, createHash('sha256').update(p.html).digest('hex')]))

if (check) {
  compare(JSON.parse(readFileSync(join(folder, 'sources.json'), 'utf8')))
} else {
  await render(pages)
  writeFileSync(join(out, 'sources.json'), JSON.stringify(sources, null, 2) + '\n')
}

// compare ends the process with an error if a picture does not show its expected file.
function compare(recorded) {
  const names = new Set([...Object.keys(recorded), ...Object.keys(sources)])
  const outdated = [...names].filter(name => recorded[name] !== sources[name])
  if (outdated.length > 0) {
    console.error(`These pictures do not show their expected files: ${outdated.join(', ')}. Run: npm run render`)
    process.exit(1)
  }
  console.log(`${names.size} pictures show their expected files`)
}

// render writes one PNG file per picture.
async function render(pages) {
  const browser = await puppeteer.launch({
    executablePath: execFileSync('which', [process.env.CHROMIUM || 'chromium'], { encoding: 'utf8' }).trim(),
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'], // Chromium in a container has no sandbox
  })
  try {
    for (const { name, html, width = 1000 } of pages) {
      const tab = await browser.newPage()
      await tab.setViewport({ width, height: 10, deviceScaleFactor: 2 })
      await tab.setContent(html, { waitUntil: 'load' })
      await tab.screenshot({ path: join(out, `${name}.png`), fullPage: true })
      const height = await tab.evaluate(() => document.documentElement.scrollHeight)
      const overflow = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
      console.log(`${name}: ${width} x ${height}`)
      if (overflow) {
        console.error(`${name} is wider than its page`)
        process.exitCode = 1
      }
      await tab.close()
    }
  } finally {
    await browser.close()
  }
}

// page returns the HTML page of a picture. If "open" is true, the picture shows the blocks
// of the summary that the reader can open.
function page({ script, file, theme = 'light', open = false }) {
  const text = script ? expected(script, file) : readFileSync(join(root, file), 'utf8')
  const style = readFileSync(require.resolve(`github-markdown-css/github-markdown-${theme}.css`), 'utf8')
  const body = file.endsWith('summary') ? opened(markdown(text), open) : file.endsWith('log') ? log(text) : terminal(text)
  const margin = 'body { margin: 0 } .markdown-body { padding: 24px; font-family: "DejaVu Sans", sans-serif } .terminal { background: #0d1117; color: #e6edf3; padding: 20px; margin: 0; font: 13px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere } .terminal summary { color: #7d8590 } .warning { color: #d29922 } .error { color: #f85149 } .notice { color: #58a6ff }'
  return `<!doctype html><meta charset="utf-8"><style>${style}\n${margin}</style>${body}`
}

// expected returns the text of a file that a test script expects. The function
// replaces the names of the test services with the names of the real services.
function expected(script, file) {
  const archive = readFileSync(join(root, 'testdata', `${script}.txtar`), 'utf8')
  const start = archive.indexOf(`-- ${file} --\n`)
  if (start < 0) throw new Error(`The script ${script} has no file ${file}.`)
  const text = archive.slice(start + `-- ${file} --\n`.length)
  const end = text.search(/^-- .+ --$/m)
  return (end < 0 ? text : text.slice(0, end))
    .replaceAll(/http:\/\/ghcr\.test\/api\/v3/g, 'https://api.github.com')
    .replaceAll(/http:\/\/ghcr\.test/g, 'https://github.com')
    .replaceAll('ghcr.test', 'ghcr.io')
    .replaceAll('$WORK/ghcr-publish-undo-N', '/home/runner/work/_temp/ghcr-publish-undo-1842')
    .replaceAll(/ (\\\n  )?--(custom-)?trusted-root \$WORK\/sigstore\/trusted_root\.json/g, '') // The real instances need no file.
    .replaceAll('https://github.com/acme/web/.github/workflows/publish.yml@refs/heads/main` from', '.github/workflows/publish.yml@refs/heads/main` from')
    .replaceAll(/\blog index N\b/g, 'log index 1184220367').replaceAll('attestations/N', 'attestations/30214477')
    .replaceAll('sha256:ATTESTATION', 'sha256:5a95841ef19d917b5fad64515d62c168f6ac105e4cdb247d757b4c827d7a5539').replaceAll('0'.repeat(40), '7fd1a60b01f91b314f59955a4e4d4e80d8edf11d').replaceAll('`000000000000`', '`7fd1a60b01f9`')
    .replaceAll('REQUEST-ID', 'DE12:9524B7:1A2B3C:4D5E:66F7A8B9')
    .replaceAll(/\bN requests/g, '52 requests').replaceAll(/\bN kB sent/g, '11.4 kB sent').replaceAll(/\bN s\b/g, '1.3 s')
}

function opened(html, open) {
  return open ? html.replaceAll('<details>', '<details open>') : html
}

function markdown(text) {
  return `<main class="markdown-body">${new Marked({ gfm: true }).use(markedAlert()).parse(text)}</main>`
}

// log returns a log in the form that the page of a workflow run shows. Groups are
// closed, and each annotation has one line with its level.
function log(text) {
  const lines = text.split('\n').filter(line => !line.startsWith('::add-mask::')).map(line => {
    if (line.startsWith('::group::')) return `<details><summary>${escape(line.slice('::group::'.length))}</summary>`
    if (line === '::endgroup::') return '</details>'
    const annotation = line.match(/^::(notice|warning|error)[^:]*(?:::)(.*)$/)
    if (!annotation) return escape(line) + '\n'
    const [, level, message] = annotation
    const decoded = message.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%')
    return `<span class="${level}">${level[0].toUpperCase()}${level.slice(1)}: ${escape(decoded)}</span>\n`
  })
  return `<div class="terminal">${lines.join('')}</div>`
}

function terminal(text) {
  return `<div class="terminal">${escape(text)}</div>`
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
