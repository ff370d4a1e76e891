/**
 * New connections get no answer at all. Linux drops each SYN to a socket whose accept queue is full, and a queue of
 * backlog 1 holds two connections. Node turns a backlog of 0 into 511 and cannot stop accepting, hence the listener lives in a
 * thread that sleeps for ever. Closing it resets the fillers; a client's attempt connects at its next retransmission.
 */
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { Address } from '../../unit/protocol.ts'
import { authority, readListenRow, tableOf } from '../listen-row.ts'
import type { PutInForce } from './fault.ts'
import { mustListen } from './refuse.ts'

const backlog = 1
/** Systems differ in how many connections a backlog lets in; Linux takes one more than it says. */
const mostFillers = 8
/** A connect over loopback that has got nothing for this long gets nothing. */
const silenceMs = 100

// Source text, because a bundle has no second file. It binds when told: loading takes longer than the gap may be.
const sleepingListener = `
const { parentPort, workerData } = require('node:worker_threads')
const server = require('node:net').createServer()
server.on('error', (error) => parentPort.postMessage(error.code))
parentPort.once('message', () => server.listen(workerData, () => {
  parentPort.postMessage('listening')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}))
parentPort.postMessage('ready')`

/** Makes the kernel drop every SYN to the server's address and port; open connections stay. */
export const blackhole: PutInForce<'blackhole'> = async (fault, { listener }) => {
  mustListen({ listener })
  const { address, port } = listener
  const worker = new Worker(sleepingListener, { eval: true, execArgv: [], workerData: { host: address, port, backlog } })
  const fillers: Socket[] = []
  const end = async () => {
    await worker.terminate()
    for (const filler of fillers) filler.destroy()
  }
  try {
    await reply(worker, 'ready')
    listener.close()
    worker.postMessage('listen')
    await reply(worker, 'listening')
    return { detail: await fill(address, port, fillers), remaining: () => fault, closesListener: true, end }
  } catch (error) {
    await end()
    await listener.open()
    throw error
  }
}

function reply(worker: Worker, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: string) => {
      worker.off('error', reject)
      if (message === wanted) resolve()
      else reject(new Error(`The listener of a blackhole could not listen (${message}).`))
    })
  })
}

/** Fills the accept queue, and says what shows that it is full. */
async function fill(address: Address, port: number, fillers: Socket[]): Promise<string> {
  const queue = `accept queue of ${authority(address, port)} full`
  while (fillers.length < mostFillers) {
    const filler = connect({ host: address, port })
    fillers.push(filler)
    if (!(await connects(filler))) {
      filler.destroy()
      return `${queue}: connect number ${fillers.length} got nothing for ${silenceMs} ms`
    }
    const row = readListenRow(address, port)
    if (row && row !== 'no-table' && row.queued > backlog) {
      return `${queue}: rx_queue ${row.queued} of backlog ${backlog} in ${tableOf(address)}`
    }
  }
  throw new Error(`${authority(address, port)} still accepts after ${mostFillers} connections that nobody accepted.`)
}

/** Whether a connect gets an answer within `silenceMs`. */
function connects(filler: Socket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const silence = setTimeout(() => resolve(false), silenceMs)
    filler.once('connect', () => {
      clearTimeout(silence)
      resolve(true)
    })
    filler.once('error', (error) => {
      clearTimeout(silence)
      reject(error)
    })
    filler.on('error', () => {}) // reset when the fault ends
  })
}
