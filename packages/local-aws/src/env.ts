/** Both ways to start the stand-in refuse to run in production; read when they are asked to. */
export function isProduction(): boolean {
  return process.env.NODE_ENV === 'production'
}
