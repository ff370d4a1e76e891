// Runs a command while a port is taken: node with-listener.mjs ADDRESS PORT CMD … Only for tests.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

const [address, port, program, ...args] = process.argv.slice(2)
createServer().listen(Number(port), address, () => {
  spawn(program, args, { stdio: 'inherit' }).on('close', (code) => process.exit(code))
})
