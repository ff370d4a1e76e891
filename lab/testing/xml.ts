/** Whether a text is well-formed XML, as far as the lab writes it: elements, attributes, entities, one root. */

/** The problem, or undefined. */
export function xmlProblem(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 forbids them
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.exec(text)
  if (forbidden) return `a forbidden character at ${forbidden.index}`
  const open: string[] = []
  let roots = 0
  let rest = text.replace(/^<\?xml [^?]*\?>/, '')
  while (rest !== '') {
    const part =
      /^(?:(?<text>[^<]+)|<\/(?<close>[\w-]+)>|<(?<name>[\w-]+)(?<attributes>(?:\s+[\w-]+="[^"<]*")*)\s*(?<empty>\/?)>)/.exec(
        rest,
      )
    if (!part) return `no markup: ${rest.slice(0, 60)}`
    rest = rest.slice(part[0].length)
    const { text: characters = '', close, name, attributes = '', empty } = part.groups ?? {}
    const stray = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.exec(characters + attributes)
    if (stray) return `a stray & in ${characters}${attributes}`
    if (open.length === 0 && characters.trim() !== '') return `text outside the root: ${characters}`
    const names = [...attributes.matchAll(/([\w-]+)=/g)].map((match) => match[1])
    if (new Set(names).size < names.length) return `an attribute twice: ${attributes}`
    if (close !== undefined && open.pop() !== close) return `</${close}> closes something else`
    if (name !== undefined) {
      if (open.length === 0) roots += 1
      if (empty === '') open.push(name)
    }
  }
  if (open.length > 0) return `<${open.at(-1)}> is not closed`
  return roots === 1 ? undefined : `${roots} root elements`
}
