// The server of ../server.cpp, with Go's standard library.
package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"net/http"
	"strconv"

	"github.com/stealthrocket/net/wasip1"
)

func sendBytes(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(r.URL.RawQuery, 10, 64)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	part := make([]byte, 65536)
	for next := uint64(0); size > 0; {
		for i := 0; i < len(part); i += 8 {
			binary.LittleEndian.PutUint64(part[i:], next)
			next++
		}
		n, err := w.Write(part[:min(size, int64(len(part)))])
		if err != nil {
			return
		}
		size -= int64(n)
	}
}

func sumUp(w http.ResponseWriter, r *http.Request) {
	sum := crc32.NewIEEE()
	size, err := io.Copy(sum, r.Body)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "%d %08x\n", size, sum.Sum32())
}

func main() {
	listener, err := wasip1.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /bytes", sendBytes)
	http.HandleFunc("POST /sum", sumUp)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "Hello, World!\n") })
	log.Print("Serving HTTP server on ", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
