// @NAME@: an HTTP server on 127.0.0.1:3000, or on the address that it is given.
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
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.WriteString(w, "Hello, World!\n"); err != nil {
			log.Print(err)
		}
	})
	log.Printf("Serving on http://%s/", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
