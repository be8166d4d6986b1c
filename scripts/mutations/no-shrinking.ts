// Loaded before the tests: that a property fails is enough, its smallest counterexample is not looked for.
import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
