const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Whether a Host header names this server. A web page can make a browser believe that the page's own name leads to
 * 127.0.0.1 (DNS rebinding), and read what answers there; the name that it asks for then tells it apart.
 */
export function isOwnHost(header: string | undefined, own: { readonly host: string; readonly port: number }): boolean {
  const listening = own.host.includes(':') ? `[${own.host}]` : own.host
  return [...LOOPBACK, listening].some((name) => header?.toLowerCase() === `${name}:${own.port}`)
}
