/**
 * Turns any S3 key or resource name into a relative path that is safe on disk, one to one.
 * A bare `%` never comes out of percent-encoding, so these marks cannot clash with a name:
 * `%` alone is an empty segment, `%~` at a folder's end says that the segment goes on below.
 */
export function pathOf(name: string): string {
  return name.split('/').map(segmentPath).join('/')
}

/** The path of a name in which `/` has no meaning. */
export function fileNameOf(name: string): string {
  return inPieces(escapeName(name))
}

/** The name that `pathOf` or `fileNameOf` was given. */
export function nameAt(path: string): string {
  return path
    .replaceAll('%~/', '')
    .split('/')
    .map((segment) => (segment === '%' ? '' : decodeURIComponent(segment)))
    .join('/')
}

// Most file systems allow 255 bytes; suffixes need some of them.
const SEGMENT_BYTES_MAX = 200

function segmentPath(segment: string): string {
  return segment === '' ? '%' : inPieces(escapeName(segment))
}

function escapeName(name: string): string {
  if (/^\.+$/.test(name)) return name.replaceAll('.', '%2E')
  return encodeURIComponent(name)
    .replaceAll('*', '%2A')
    .replace(/%(3D|2B|40|2C)/g, (code) => decodeURIComponent(code))
}

function inPieces(escaped: string): string {
  if (escaped.length <= SEGMENT_BYTES_MAX) return escaped
  const pieces: string[] = []
  for (let at = 0; at < escaped.length; at += SEGMENT_BYTES_MAX) pieces.push(escaped.slice(at, at + SEGMENT_BYTES_MAX))
  return pieces.join('%~/')
}
