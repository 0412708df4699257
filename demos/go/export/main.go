// A library of one function, for  weir run --invoke primes: prints the first prime numbers, each found by a goroutine of its own.
package main

import "fmt"

// generate sends 2, 3, 4, ... until it is told to stop.
func generate(out chan<- int, stop <-chan struct{}) {
	for i := 2; ; i++ {
		select {
		case out <- i:
		case <-stop:
			return
		}
	}
}

// filter passes on what its prime does not divide.
func filter(in <-chan int, out chan<- int, prime int, stop <-chan struct{}) {
	for {
		select {
		case i := <-in:
			if i%prime == 0 {
				continue
			}
			select {
			case out <- i:
			case <-stop:
				return
			}
		case <-stop:
			return
		}
	}
}

//go:wasmexport primes
func primes(count int32) {
	stop := make(chan struct{})
	defer close(stop)
	numbers := make(chan int)
	go generate(numbers, stop)
	for range count {
		prime := <-numbers
		fmt.Println(prime)
		next := make(chan int)
		go filter(numbers, next, prime, stop)
		numbers = next
	}
}

func main() { primes(10) }
