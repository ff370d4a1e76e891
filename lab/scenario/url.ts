/** The URL of a request step: http, to a name under .test or a loopback address, on the lab's port, written plainly. */
import type { Path, Report } from './problems.ts'
import { address, hostName, isLoopback, serverPort, urlPattern } from './values.ts'

/** The host of the URL, or undefined if the URL has problems. */
export function hostOf(text: string, path: Path, report: Report): string | undefined {
  const refuse = (message: string): undefined => void report(path, message)
  const shown = text.length > 80 ? `${text.slice(0, 79)}…` : text
  const url = /\s/.test(text) || !URL.canParse(text) ? undefined : new URL(text)
  if (!url || !/^[a-z]+:\/\//i.test(text)) return refuse(`"${shown}" is not a URL: write http://ha.lab.test:${serverPort}/`)
  const bracketed = url.hostname
  const host = bracketed.replace(/^\[|\]$/g, '')
  const right = `http://${bracketed}:${serverPort}${url.pathname}${url.search}`
  if (url.protocol !== 'http:') return refuse(`the lab speaks http: write ${right}`)
  const checked =
    isLoopback(host) || /^\[/.test(bracketed) || /^[\d.]+$/.test(host) ? address.safeParse(host) : hostName.safeParse(host)
  if (!checked.success) return refuse(checked.error.issues[0]?.message ?? `${host} cannot be used`)
  if (Number(url.port || 80) !== serverPort)
    return refuse(`every server of the lab listens on port ${serverPort}: write ${right}`)
  if (!urlPattern.test(text)) return refuse(`write this URL plainly: ${right}`)
  return host
}
