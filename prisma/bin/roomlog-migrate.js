#!/usr/bin/env node
import '../dist/migrate-main.js'
