/** A unit in a container of its own, in the network of the lab. Starting takes a while; commands wait until it is there. */
import { setTimeout as wait } from 'node:timers/promises'
import { LabError } from '../../errors.ts'
import { readLines } from '../lines.ts'
import type { Evidence, Unit, UnitExit, UnitSpec } from '../runtime.ts'
import { type ContainerEnd, type ContainerPlan, type RunningContainer, startContainer } from './container.ts'
import { answerMs, type Engine, engineError, engineWords, isGoingAway, silent, statusOf, wentAway } from './engine.ts'
import { images } from './images.ts'
import { settlesWith } from './let-go.ts'
import { killedFromOutside } from './losses.ts'

const stderrTail = 4096
const freezeTries = 20
/** A process that waits uses less in seconds; one that is starved uses more. */
const leastWorkMs = 5

export interface UnitContainer extends Unit {
  /** Settles when the container runs, or cannot. */
  readonly settled: Promise<void>
  /** Removes it, whatever it is doing; safe twice. Rejects where the engine does not. */
  remove(): Promise<void>
}

/** `plan` settles when the container can be made, and says how. */
export function startUnitContainer(spec: UnitSpec, engine: Engine, plan: Promise<ContainerPlan>): UnitContainer {
  const { image = images.node } = spec
  let pid = -1
  let name = spec.id
  let stderr = ''
  let isEnding = false
  let workedMs = 0
  let listener: Parameters<Unit['onLine']>[0] = () => {}
  let pending: string[] | undefined = []
  let lines: ReturnType<typeof readLines> | undefined

  const started = plan.then(async (made): Promise<RunningContainer> => {
    name = made.name
    const running = await startContainer(engine, made)
    const { stdin, stdout, stderr: errors } = running.streams
    lines = readLines(stdout, () => void running.container.kill().catch(() => {}))
    lines.listen((line, receivedAtUs) => listener(line, receivedAtUs))
    errors.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-stderrTail)
    })
    stdin.write((pending ?? []).join(''))
    pending = undefined
    if (isEnding) stdin.end()
    running.container.inspect().then(
      ({ State }) => {
        pid = State.Pid
      },
      () => {}, // it has already ended
    )
    return running
  })
  const settled = started.then(
    () => {},
    () => {},
  )
  const exited = started.then(
    async (running): Promise<UnitExit> => {
      const drained = new Promise<void>((resolve) => {
        if (running.streams.stdout.readableEnded) resolve()
        running.streams.stdout.once('end', resolve).once('close', resolve)
      })
      let end = await running.gone
      if (end.code === undefined) running.streams.close() // no end will be told any more
      await drained
      const isKilled = end.code === 137 && !isEnding && lines?.overBudget !== true
      const fromOutside = isKilled ? `its container ${name} ${killedFromOutside}` : ''
      if (isKilled && (await isGoingAway(engine))) end = { ...end, fault: wentAway(engine.where) }
      const said = [stderr.trim(), fromOutside].filter(Boolean).join('\n')
      return { ...exitOf(end, lines?.overBudget ?? false, said), image }
    },
    (error: unknown): UnitExit => ({ ...cannotStart(error, spec, engine), image }),
  )

  const inContainer = async (what: 'pause' | 'unpause', wanted: boolean): Promise<Evidence> => {
    const { container } = await started
    for (let tries = 1; ; tries++) {
      try {
        await container[what]()
        break
      } catch (error) {
        if (statusOf(error) === 409) break // it already is
        // On a busy machine runc gives up before the kernel has frozen everything ("unable to freeze").
        if (statusOf(error) !== 500 || tries === freezeTries) throw engineError(error, engine.where)
        await wait(100)
      }
    }
    const { State } = await container.inspect()
    if (State.Paused !== wanted) throw new LabError('NOT_IN_FORCE', `The engine did not ${what} ${name}: it is ${State.Status}.`)
    return { kind: 'process-state', detail: `container ${name}: ${State.Status} (pid ${State.Pid})` }
  }
  const remove = async () => {
    isEnding = true
    if (!(await settlesWith(engine, settled))) throw silent(engine.where)
    await started.then(
      (running) => running.remove().finally(() => running.streams.close()),
      () => {}, // it never ran
    )
  }
  return {
    id: spec.id,
    get pid() {
      return pid
    },
    async isAtWork() {
      const { container } = await started
      const late = { abortSignal: AbortSignal.timeout(answerMs) } // an engine that hangs never says
      const { cpu_stats } = await container.stats({ stream: false, 'one-shot': true, ...late })
      const before = workedMs
      workedMs = cpu_stats.cpu_usage.total_usage / 1e6
      return workedMs - before >= leastWorkMs
    },
    freezesBy: 'docker pause',
    send(command) {
      const line = `${JSON.stringify(command)}\n`
      if (pending) pending.push(line)
      else void started.then(({ streams }) => streams.stdin.write(line))
    },
    onLine: (next) => {
      listener = next
    },
    exited,
    settled,
    freeze: () => inContainer('pause', true),
    async whyNotFrozen() {
      const { container } = await started
      const state = await container.inspect().then(
        ({ State }) => State,
        (error: unknown) => {
          if (statusOf(error) !== 404) throw engineError(error, engine.where)
        },
      )
      if (state?.Paused) return undefined
      return `container ${name} is ${state?.Running ? state.Status : 'gone'}`
    },
    thaw: () => inContainer('unpause', false),
    async kill() {
      isEnding = true
      const { container, gone } = await started
      await container.kill({ signal: 'SIGKILL' }).catch((error: unknown) => {
        if (statusOf(error) !== 404 && statusOf(error) !== 409) throw engineError(error, engine.where) // else it has just ended
      })
      const { code, fault } = await gone
      if (fault) throw fault
      return { kind: 'process-state', detail: `container ${name} is gone (exit ${code ?? 'unknown'})` }
    },
    async stop(deadlineMs) {
      isEnding = true
      if (deadlineMs > 0) {
        void started.then(
          ({ streams }) => streams.stdin.end(),
          () => {},
        )
        let timer: NodeJS.Timeout | undefined
        const late = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, deadlineMs)
        })
        await Promise.race([exited, late]).finally(() => clearTimeout(timer))
      }
      await remove()
    },
    remove,
  }
}

/** A container tells only a number: above 128 it is that signal's, as in a shell. */
function exitOf({ code, fault }: ContainerEnd, overBudget: boolean, stderr: string): UnitExit {
  const signal = code === undefined ? undefined : signals[code - 128]
  return { code: signal ? null : (code ?? null), signal: signal ?? null, overBudget, stderr, ...(fault && { fault }) }
}
const signals: Readonly<Record<number, string>> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' }

/** As a shell ends that finds no such program; anything else is the engine's trouble. */
function cannotStart(error: unknown, { id, argv }: UnitSpec, engine: Engine): UnitExit {
  const words = engineWords(error)
  const noProgram = /exec: .*(executable file not found|no such file or directory|permission denied)/i.test(words)
  const exit = { code: 127, signal: null, overBudget: false }
  return id === 'client' && noProgram
    ? { ...exit, stderr: `${argv[0]}: ${words}` }
    : { ...exit, stderr: words, fault: engineError(error, engine.where) }
}
