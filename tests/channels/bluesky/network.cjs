// Bluesky's own network for the tests: directory of identities (PLC), personal data server (PDS), and AppView, on loopback.
//
// Usage: node network.cjs PACKAGES BYPASS; its database is DB_POSTGRES_URL, and requests that say BYPASS are not counted
// against its limits. Once everything answers it prints one line of JSON with the data server's address. It runs without
// Ozone, the moderators' tool, which no test needs.
'use strict'

const net = require('node:net')
const path = require('node:path')
const { createRequire } = require('node:module')

const LOOPBACK = '127.0.0.1'

// The servers name a port and no address, which means every interface of the machine: here it means this machine only.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...words) {
  const [where] = words
  if (where !== null && typeof where === 'object') {
    if (where.path === undefined && where.fd === undefined) words[0] = { ...where, host: LOOPBACK }
  } else if (Number.isInteger(Number(where)) && where !== '') {
    words.splice(1, typeof words[1] === 'string' ? 1 : 0, LOOPBACK)
  } else if (where === undefined || typeof where === 'function') {
    words.splice(0, where === undefined ? 1 : 0, 0, LOOPBACK)
  }
  this.once('listening', () => {
    const at = this.address()
    if (at !== null && typeof at === 'object' && at.address !== LOOPBACK) {
      console.error(`listening on ${at.address}, not on this machine only`)
      process.exit(1)
    }
  })
  return listen.apply(this, words)
}

async function main (packages, bypass) {
  const from = createRequire(path.join(packages, 'package.json'))
  const { TestBsky, TestPds, TestPlc, mockNetworkUtilities } = from('@atproto/dev-env')
  const freePort = createRequire(from.resolve('@atproto/dev-env'))('get-port')
  const plc = await TestPlc.create({})
  const pdsPort = await freePort()
  const bsky = await TestBsky.create({
    plcUrl: plc.url,
    pdsPort,
    repoProvider: `ws://localhost:${pdsPort}`,
    dbPostgresUrl: process.env.DB_POSTGRES_URL,
    dbPostgresSchema: 'appview'
  })
  const pds = await TestPds.create({
    port: pdsPort,
    hostname: 'localhost',
    didPlcUrl: plc.url,
    bskyAppViewUrl: bsky.url,
    bskyAppViewDid: bsky.ctx.cfg.serverDid,
    enableDidDocWithSession: true,
    rateLimitsEnabled: true,
    rateLimitBypassKey: bypass
  })
  mockNetworkUtilities(pds, bsky)
  console.log(JSON.stringify({ pds: `http://${LOOPBACK}:${pdsPort}` }))
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error)
  process.exit(1)
})
