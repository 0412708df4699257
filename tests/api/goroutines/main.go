// A library whose goroutines live from call to call.
package main

//go:wasmimport host fail
func fail()

var numbers = make(chan int32)

// begin starts a goroutine that has something ready at each call of next.
//
//go:wasmexport begin
func begin(first int32) {
	go func() {
		for i := first; ; i++ {
			numbers <- i
		}
	}()
}

//go:wasmexport next
func next() int32 { return <-numbers }

// fail_between calls a function of the host's that fails, in a goroutine.
//
//go:wasmexport fail_between
func failBetween() int32 {
	done := make(chan int32)
	go func() {
		fail()
		done <- 1
	}()
	return <-done
}

func main() {}
