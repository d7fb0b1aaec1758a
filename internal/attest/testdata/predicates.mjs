// This script writes predicates.json, which contains the predicates that @actions/attest
// 3.2.0 makes. actions/attest 4.2.2 uses this package. Run these commands in a new folder:
//
//   npm install @actions/attest@3.2.0 jose
//   node predicates.mjs >predicates.json
//
// The package reads the token and the keys from a loopback server. The predicate does not
// contain the issuer, so the token has the address of this server as its issuer.
import http from 'node:http'
import * as jose from 'jose'

const { privateKey, publicKey } = await jose.generateKeyPair('RS256')
const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'key', alg: 'RS256' }
let claims, base

const sign = () => {
  const issuer = base + new URL(claims.iss).pathname.replace(/^\/$/, '')
  return new jose.SignJWT({ ...claims, iss: issuer }).setProtectedHeader({ alg: 'RS256', kid: 'key' })
    .setAudience('nobody').setIssuedAt().setExpirationTime('5m').sign(privateKey)
}
const server = http.createServer(async (request, response) => {
  const answers = {
    '/.well-known/openid-configuration': () => ({ jwks_uri: base + '/jwks' }),
    '/jwks': () => ({ keys: [jwk] }),
    '/token': async () => ({ value: await sign() }),
  }
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(await answers[request.url.split('?')[0]]()))
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
base = `http://127.0.0.1:${server.address().port}`
process.env.ACTIONS_ID_TOKEN_REQUEST_URL = base + '/token?api-version=2.0'
process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'request'
const { buildSLSAProvenancePredicate } = await import('@actions/attest')

const refs = (repository, path, ref) => {
  const workflow = `${repository}/.github/workflows/${path}@${ref}`
  return { repository, ref, workflow_ref: workflow, job_workflow_ref: workflow }
}
const job = {
  iss: 'https://token.actions.githubusercontent.com', sub: 'repo:Acme/web:ref:refs/tags/v1.2.3',
  ...refs('Acme/web', 'release.yml', 'refs/tags/v1.2.3'), sha: '7fd1a60b01f91b314f59955a4e4d4e80d8edf11d',
  event_name: 'push', repository_id: '1296269', repository_owner_id: '583231', runner_environment: 'github-hosted',
  run_id: '17461025361', run_attempt: '2',
}
const ghe = 'https://token.actions.acme.ghe.com'
const cases = [
  ['a tag on GitHub.com', {}],
  ['an enterprise slug in the issuer', { iss: job.iss + '/acme-corp' }],
  ['GHE.com', { iss: ghe }],
  ['GHE.com with an enterprise slug', { iss: ghe + '/acme-corp', runner_environment: 'self-hosted' }],
  ['a called workflow of another repository', { job_workflow_ref: 'ghcr-publish/ghcr-publish/.github/workflows/publish.yml@refs/tags/v1' }],
  ['a branch with @ in its name', refs('Acme/web', 'release.yml', 'refs/heads/user@example/fix@2')],
  ['a workflow whose path contains the repository', { ...refs('a/b', 'a/b/x.yml', 'refs/heads/main'), event_name: 'schedule' }],
]

const out = []
const log = process.stdout.write
for (const [name, changed] of cases) {
  claims = { ...job, ...changed }
  process.env.GITHUB_SERVER_URL = claims.iss.startsWith(ghe) ? 'https://acme.ghe.com' : 'https://github.com'
  process.stdout.write = () => true // The package prints commands of the runner.
  const { params } = await buildSLSAProvenancePredicate(base)
  process.stdout.write = log
  out.push({ name, claims, predicate: params })
}
server.close()
console.log(JSON.stringify(out, null, 2))
