// An HTTP server of Go's standard library, on the sockets that weir gives it.
package main

import (
	"io"
	"log"
	"net/http"

	"github.com/stealthrocket/net/wasip1"
)

const address = "127.0.0.1:3000"

func main() {
	listener, err := wasip1.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.WriteString(w, "Hello, World!\n"); err != nil {
			log.Print(err)
		}
	})
	log.Print("Serving HTTP server on " + address)
	log.Fatal(http.Serve(listener, nil))
}
