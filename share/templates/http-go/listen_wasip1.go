package main

import "github.com/stealthrocket/net/wasip1"

// Go's own net package cannot listen under WASI.
var listen = wasip1.Listen
