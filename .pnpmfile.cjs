// These name Prisma's command line or TypeScript as peers. Both are in this workspace as development tools, so pnpm
// would carry them, and React with them, into every deployed app: 355 MB instead of 116 for the writer. Neither is
// needed when the code runs.
const TOOLS = ['prisma', 'typescript']

module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name === '@prisma/client' || manifest.name.startsWith('@trpc/')) {
        for (const tool of TOOLS) {
          delete manifest.peerDependencies?.[tool]
          delete manifest.peerDependenciesMeta?.[tool]
        }
      }
      return manifest
    },
  },
}
