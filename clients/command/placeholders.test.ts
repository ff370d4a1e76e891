import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asksFor, fillIn } from './placeholders.ts'

const request = { url: 'http://ha.lab.test:1323/a?b=c&d', method: 'POST', timeoutMs: 2500 }

test('each placeholder is replaced, wherever it stands in a word', () => {
  const words = ['get', '{url}', '--method={method}', '-m', '{timeout_s}', '{timeout_ms}ms', '{host}:{port}']
  assert.deepEqual(fillIn(words, request).slice(2), ['--method=POST', '-m', '2.5', '2500ms', 'ha.lab.test:1323'])
})

test('a literal address comes without brackets', () => {
  assert.deepEqual(fillIn(['{host}', '{port}'], { ...request, url: 'http://[::1]:1323/' }), ['::1', '1323'])
})

test('other braces stay as they are', () => {
  const words = ["print({'a': 1})", '{}', '{URL}', '{url', '{url_of}']
  assert.deepEqual(fillIn(words, request), words)
})

test('a word of its own is the URL, unchanged', () => {
  const url = 'http://ha.lab.test:1323/$(reboot);\'"&'
  assert.deepEqual(fillIn(['{url}'], { ...request, url }), [url])
})

test('within a program text a URL can be nothing but a URL', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (path) => {
      const [text = ''] = fillIn(["sh 'curl {url}'"], { ...request, url: `http://ha.lab.test:1323/${path}` })
      const inside = text.slice("sh 'curl ".length, -1)
      assert.doesNotMatch(inside, /[\s'"`$&;|<>()\\!#*{}^]/)
    }),
  )
  assert.deepEqual(fillIn(["'{url}'"], { ...request, url: "http://ha.lab.test:1323/';reboot;'" }), [
    "'http://ha.lab.test:1323/%27%3Breboot%3B%27'",
  ])
})

test('a command line that does not ask for something is known', () => {
  assert.equal(asksFor(['curl', '--request={method}'], '{method}'), true)
  assert.equal(asksFor(['curl', '{url}'], '{timeout_s}', '{timeout_ms}'), false)
})
