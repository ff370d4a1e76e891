/** Runs several tasks side by side, and hands their results over in the order of the items. */
export interface PoolOptions<Item, Result> {
  readonly width: number
  /** Higher ones begin first. */
  readonly weight: (item: Item) => number
  readonly onResult: (result: Result) => void
  readonly signal: AbortSignal
}

/** Settles when no task is under way any more, also when one has failed or the signal is aborted. */
export async function runPool<Item, Result>(
  items: readonly Item[],
  start: (item: Item) => Promise<Result>,
  { width, weight, onResult, signal }: PoolOptions<Item, Result>,
): Promise<Result[]> {
  const order = items.map((item, index) => ({ item, index })).sort((a, b) => weight(b.item) - weight(a.item) || a.index - b.index)
  const results: { readonly result: Result }[] = []
  let next = 0
  let reported = 0
  const worker = async () => {
    for (let task = order[next++]; task && !signal.aborted; task = order[next++]) {
      const result = await start(task.item)
      signal.throwIfAborted() // what an interrupted task has seen is no result
      results[task.index] = { result }
      for (let ready = results[reported]; ready; ready = results[++reported]) onResult(ready.result)
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: width }, worker))
  for (const settled of workers) if (settled.status === 'rejected' && settled.reason !== signal.reason) throw settled.reason
  signal.throwIfAborted()
  return results.map(({ result }) => result)
}
