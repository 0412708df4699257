// An HTTP server of Go's standard library. As a guest it stands on the sockets that the runtime gives it, natively on the system's.
// Usage: http [HOST:PORT]      (127.0.0.1:3000; port 0 is any free one)
package main

import (
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	address := "127.0.0.1:3000"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.WriteString(w, "Hello, World!\n"); err != nil {
			log.Print(err)
		}
	})
	log.Print("Serving HTTP server on ", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
