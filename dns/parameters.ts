/** IANA's numbers for what this server speaks of, and their names. */

/** Response codes (RFC 1035 §4.1.1, RFC 6891 §9). */
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const
export type Rcode = keyof typeof rcodes

/** Record and query types. */
export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const

/** Internet: the only class served. */
export const classIn = 1

const typeNames = new Map<number, string>(Object.entries(types).map(([name, number]) => [number, name]))

/** `AAAA` for 28; `TYPE999` for a number without a name here (RFC 3597 §5). */
export const typeName = (type: number): string => typeNames.get(type) ?? `TYPE${type}`
