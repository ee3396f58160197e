// SPDX-License-Identifier: Apache-2.0
// A host that gives games away, in place of a real one.

import { createServer } from 'node:http'

import { freePort } from './harness.mjs'

/** Serves `pages` ({path: text or {status, headers, body, stall}}) and counts what was asked. */
export async function mirror (t, pages) {
  const asked = []
  const server = createServer((request, response) => {
    const page = pages[request.url]
    asked.push(request.url)
    if (page === undefined) return response.writeHead(404).end()
    if (typeof page === 'string' || Buffer.isBuffer(page)) return response.end(page)
    response.writeHead(page.status ?? 200, page.headers)
    response.write(page.body ?? '')
    if (!page.stall) response.end()
  })
  const port = await freePort()
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  t.after(() => { server.closeAllConnections(); server.close() })
  return { url: `http://127.0.0.1:${port}`, asked, pages }
}
