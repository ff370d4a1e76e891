import { get } from 'node:http'
import { createApp } from './app.ts'
import './generation.ts'
import './supervisor.ts'
import { WebServer } from './web-server.ts'

/** Loads what every start loads and answers one request, so that V8's code cache has it compiled. */
export async function warm(): Promise<void> {
  const settings = { address: '127.0.0.1', port: 0, seed: 1, idleTimeoutMs: 0, process: 1 }
  const server = new WebServer(settings, await createApp(), (event) => void JSON.stringify(event))
  try {
    await server.listen()
    await new Promise((resolve, reject) => {
      const options = { host: settings.address, port: server.listener.port, agent: false as const }
      const request = get(options, (response) => response.resume().once('close', resolve))
      request.once('error', reject)
    })
    await server.stop()
  } catch {} // no loopback where it is built: a slower start, nothing else
}
