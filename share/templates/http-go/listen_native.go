//go:build !wasip1

package main

import "net"

var listen = net.Listen
