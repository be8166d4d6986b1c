/** The last item of a page: the next one starts after it. */
export type PageEnd = { readonly timeMs: number; readonly id: string }

/** Which rows of a list to read: `take` of them at most, behind `after`. */
export type PageRange = { readonly after: PageEnd | undefined; readonly take: number }

/** Prisma's condition and order for a list, latest change first; the first part of it lets the index find the place. */
export function latestUpdated({ after, take }: PageRange) {
  const orderBy = [{ updatedAt: 'desc' as const }, { id: 'desc' as const }]
  if (after === undefined) return { where: {}, orderBy, take }
  const time = new Date(after.timeMs)
  const where = { updatedAt: { lte: time }, OR: [{ updatedAt: { lt: time } }, { id: { lt: after.id } }] }
  return { where, orderBy, take }
}

/** As `latestUpdated`, for what never changes. */
export function latestCreated({ after, take }: PageRange) {
  const orderBy = [{ createdAt: 'desc' as const }, { id: 'desc' as const }]
  if (after === undefined) return { where: {}, orderBy, take }
  const time = new Date(after.timeMs)
  const where = { createdAt: { lte: time }, OR: [{ createdAt: { lt: time } }, { id: { lt: after.id } }] }
  return { where, orderBy, take }
}
