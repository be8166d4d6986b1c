// @prisma/client names its command line and TypeScript as optional peers. In this workspace both are there as
// development tools, so pnpm would carry them, and React with them, into every deployed app: 355 MB instead of 110.
// The generated client needs neither when it runs.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name === '@prisma/client') {
        delete manifest.peerDependencies
        delete manifest.peerDependenciesMeta
      }
      return manifest
    },
  },
}
