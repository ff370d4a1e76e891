/** The units of one run: the DNS server, the web servers and the client, and what the run asks of them. */
import { setTimeout as wait } from 'node:timers/promises'
import { nowUs } from '../../unit/clock.ts'
import type { Address, ClientCommand, DnsCommand, ServerCommand, UnitEvent, ZoneData } from '../../unit/protocol.ts'
import { LabError } from '../errors.ts'
import type { JournalEntry } from '../journal/journal.ts'
import type { EntryOf, Recorder, Wanted } from '../journal/recorder.ts'
import { bootArgv } from '../paths.ts'
import { labMark, searchPath } from '../runtimes/programs.ts'
import type { Evidence, Lab, Unit, UnitSpec } from '../runtimes/runtime.ts'
import type { ServerSpec } from '../scenario/scenario.ts'
import { serverPort } from '../scenario/values.ts'
import { untilAborted } from '../until-aborted.ts'
import { readClientEvent } from './client-events.ts'
import { exitError, listenError, unableError } from './unit-errors.ts'

/** How long units may take for anything without being at work; the lab's own answer within milliseconds. */
const unitDeadlineMs = 10_000
/** More than the clocks of two processes differ by. */
const clockDifferenceMs = 2
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** The complete environment of a unit. */
const unitEnv = { PATH: searchPath(), LC_ALL: 'C.UTF-8', TZ: 'UTC', ...labMark }

export type ServerProcess = 'shared' | 'alone' | 'supervised'

export class Units {
  readonly #lab: Lab
  readonly #recorder: Recorder
  readonly #signal: AbortSignal
  readonly #serverOf = new Map<Address, { unit: Unit; spec: ServerSpec; process: ServerProcess }>()
  readonly #frozen = new Set<Unit>()
  readonly #ending = new Set<Unit>()
  #dns: Unit | undefined
  #client: Unit | undefined
  #lastId = 0
  #seed = 0

  constructor(lab: Lab, recorder: Recorder, signal: AbortSignal) {
    this.#lab = lab
    this.#recorder = recorder
    this.#signal = signal
  }

  /** Starts the DNS server; settles with its port when it listens. */
  async startDns(zone: ZoneData, seed: number): Promise<number> {
    const unit = this.#start('dns', bootArgv('dns-unit'))
    this.#dns = unit
    const { address, port } = this.#lab.dnsServer
    unit.send({ command: 'listen', address, port, zone, seed } satisfies DnsCommand)
    await this.#running(unit)
    const listening = await this.#next(
      unit,
      { events: ['listening'], matches: (entry) => entry.unit === 'dns' },
      'The DNS server did not start to listen',
    )
    return listening.port
  }

  /** Starts the web servers, those that nothing singles out in one process; settles when all listen. */
  async startServers(
    servers: readonly ServerSpec[],
    processOf: (address: Address) => ServerProcess,
    seed: number,
  ): Promise<void> {
    this.#seed = seed
    let shared: Unit | undefined
    for (const spec of servers) {
      const process = processOf(spec.address)
      if (process === 'shared') shared ??= this.#start('servers', bootArgv('server-unit'))
      const unit = process === 'shared' && shared ? shared : this.#startServer(spec.address, process)
      this.#serverOf.set(spec.address, { unit, spec, process })
      this.#listen(spec, unit)
    }
    for (const { address } of servers) {
      await this.#running(this.#serverUnit(address))
      await this.#listening(address)
    }
  }

  /** Starts the client, and tells it what it needs as soon as that is known; settles when it is ready. */
  async startClient({ argv, ...program }: Omit<UnitSpec, 'id'>, start: Promise<ClientCommand>): Promise<void> {
    this.#client = this.#start('client', argv, program)
    await this.#running(this.#client)
    this.#client.send(await start)
    await this.#recorder.next(
      { events: ['ready'], matches: (entry) => entry.unit === 'client' },
      {
        ms: unitDeadlineMs,
        error: (waitedMs) =>
          new LabError('CLIENT_BROKEN', `The client did not say \`ready\` within ${seconds(waitedMs)}.`, {
            remedy: 'check it with `failover-lab client-check`',
          }),
        ...atWork(this.#client),
      },
      this.#signal,
    )
  }

  sendToClient(command: ClientCommand): void {
    this.#client?.send(command)
  }

  process(address: Address): Unit {
    const unit = this.#serverUnit(address)
    return {
      ...unit,
      freeze: async (signal) => {
        const evidence = await unit.freeze(signal)
        this.#frozen.add(unit)
        return evidence
      },
      thaw: async (signal) => {
        const evidence = await unit.thaw(signal)
        this.#frozen.delete(unit)
        return evidence
      },
      kill: (signal) => {
        this.#ending.add(unit)
        this.#frozen.delete(unit)
        return unit.kill(signal)
      },
    }
  }

  /** Lets a stopped server listen again; a killed one gets a new process. */
  async startAgain(address: Address): Promise<Evidence> {
    const server = this.#serverOf.get(address)
    if (!server) throw new LabError('UNIT_FAILED', `There is no server ${address}.`)
    if (!this.#ending.has(server.unit)) return this.commandServer(address, (id) => ({ command: 'start', id, address }))
    const seen = this.#recorder.entries.length
    const unit = this.#startServer(address, server.process)
    this.#serverOf.set(address, { ...server, unit })
    this.#listen(server.spec, unit)
    await this.#running(unit)
    await this.#listening(address, seen)
    return { kind: 'unit-said', detail: `a new process listens on ${address}:${serverPort} (pid ${unit.pid})` }
  }

  /** Sends a command to the server of an address; settles when it is carried out. */
  commandServer(address: Address, command: (id: number) => ServerCommand): Promise<Evidence> {
    return this.#command(this.#serverUnit(address), command, `Server ${address}`)
  }

  commandDns(command: (id: number) => DnsCommand): Promise<Evidence> {
    if (!this.#dns) throw new LabError('UNIT_FAILED', 'The DNS server is not running.')
    return this.#command(this.#dns, command, 'The DNS server')
  }

  /**
   * A resolver may give up at one answer while its other query still waits in the DNS server's socket; that one belongs
   * to the step that is about to end. Queries are told apart by their time, and clocks of processes differ a little.
   */
  async hearLateQueries(): Promise<void> {
    const heard = this.#recorder.entries.length
    if (this.#dns) await this.#flush(this.#dns)
    if (this.#recorder.entries.slice(heard).some(({ event }) => event === 'query'))
      await wait(clockDifferenceMs, undefined, { signal: this.#signal })
  }

  /** Settles when every event so far of the lab's own units is in the journal; a frozen or ended one is left out. */
  async flush(): Promise<void> {
    const units = new Set([this.#dns, ...[...this.#serverOf.values()].map((server) => server.unit)])
    await Promise.all(
      [...units].map(async (unit) => {
        if (!unit || this.#frozen.has(unit) || this.#ending.has(unit)) return
        await this.#flush(unit)
      }),
    )
  }

  async #flush(unit: Unit): Promise<void> {
    const id = this.#nextId()
    unit.send({ command: 'flush', id })
    const matches = (entry: EntryOf<'flushed'>) => entry.unit === unit.id && entry.id === id
    await this.#next(unit, { events: ['flushed'], matches }, `${unit.id} did not answer`)
  }

  #serverUnit(address: Address): Unit {
    const server = this.#serverOf.get(address)
    if (!server) throw new LabError('UNIT_FAILED', `There is no server ${address}.`)
    return server.unit
  }

  #startServer(address: Address, process: ServerProcess): Unit {
    return this.#start(
      `server ${address}`,
      process === 'supervised' ? bootArgv('server-unit', 'supervised') : bootArgv('server-unit'),
    )
  }

  #listen({ address, idleTimeoutMs }: ServerSpec, unit: Unit): void {
    unit.send({ command: 'listen', address, port: serverPort, seed: this.#seed, idleTimeoutMs } satisfies ServerCommand)
  }

  async #listening(address: Address, from = 0): Promise<void> {
    const entry = await this.#next(
      this.#serverUnit(address),
      {
        events: ['listening', 'listen-failed'],
        matches: (entry) => entry.unit !== 'dns' && entry.address === address,
        from,
      },
      `Server ${address} did not start to listen`,
    )
    if (entry.event === 'listen-failed') throw listenError(address, entry.code)
  }

  async #command(unit: Unit, command: (id: number) => object, who: string): Promise<Evidence> {
    if (this.#frozen.has(unit))
      throw new LabError('NOT_IN_FORCE', `${who} is frozen, and carries nothing out.`, { remedy: 'write `lift: freeze` before' })
    if (this.#ending.has(unit))
      throw new LabError('NOT_IN_FORCE', `${who} has been killed.`, { remedy: 'bring it back with `start` before' })
    const id = this.#nextId()
    const body = command(id)
    unit.send(body)
    const answer = await this.#next(
      unit,
      { events: ['applied', 'failed'], matches: (entry) => entry.unit === unit.id && entry.id === id },
      `${who} did not carry out ${JSON.stringify(body)}`,
      'NOT_IN_FORCE',
    )
    if (answer.event === 'failed') throw new LabError('NOT_IN_FORCE', `${who}: ${answer.reason}`)
    return { kind: 'unit-said', detail: answer.detail }
  }

  /** What a unit says next, as long as it is not silent for too long. */
  #next<Name extends JournalEntry['event']>(
    unit: Unit,
    wanted: Wanted<Name>,
    what: string,
    code: 'UNIT_FAILED' | 'NOT_IN_FORCE' = 'UNIT_FAILED',
  ): Promise<EntryOf<Name>> {
    const error = (waitedMs: number) => new LabError(code, `${what} within ${seconds(waitedMs)}.`)
    return this.#recorder.next(wanted, { ms: unitDeadlineMs, error, ...atWork(unit) }, this.#signal)
  }

  /** Time for an answer counts from when the unit runs: thirty labs of containers at once start slowly. */
  async #running(unit: Unit): Promise<void> {
    if (unit.settled) await untilAborted(unit.settled, this.#signal)
  }

  #nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  #start(id: string, argv: UnitSpec['argv'], program: Partial<UnitSpec> = {}): Unit {
    this.#signal.throwIfAborted() // the lab is on its way out
    const unit = this.#lab.start({ ...program, id, argv, env: { ...unitEnv, ...program.env } })
    unit.onLine((line, receivedAtUs) => {
      const event = id === 'client' ? readClientEvent(line, receivedAtUs, this.#recorder) : (JSON.parse(line) as UnitEvent)
      if (event) this.#recorder.append({ unit: id, ...event })
      if (event?.event === 'unable') this.#recorder.broken.abort(unableError(event))
    })
    void unit.exited.then((exit) => {
      const expected = this.#ending.has(unit)
      this.#recorder.append({
        unit: id,
        event: 'unit-exited',
        atUs: nowUs(),
        code: exit.code,
        signal: exit.signal,
        expected,
        stderr: exit.stderr,
      })
      // A frozen one: the look at its fault when the step is over tells it, whichever is seen first.
      if (expected || (this.#frozen.has(unit) && !exit.fault)) return
      const wasReady = this.#recorder.entries.some(({ event }) => event === 'ready')
      this.#recorder.broken.abort(exit.fault ?? exitError(id, exit, wasReady))
    })
    return unit
  }

  /** From now on the end of any unit is expected. */
  expectEnd(): void {
    for (const unit of [this.#dns, this.#client, ...[...this.#serverOf.values()].map((server) => server.unit)])
      if (unit) this.#ending.add(unit)
  }
}

const atWork = ({ isAtWork }: Unit) => (isAtWork ? { isAtWork } : {})
