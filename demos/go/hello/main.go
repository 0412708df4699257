// The smallest Go guest: a WASI command that prints one line.
package main

import "fmt"

func main() {
	fmt.Println("Hello world")
}
